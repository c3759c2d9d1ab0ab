//! What operators and other services ask.

use axum::Json;
use axum::extract::State;
use identity::{Admin, Issuer, OptionalCaller};
use serde::Serialize;
use serde_json::Value;
use service_kit::problem::Problem;
use utoipa::ToSchema;

/// That the service is there.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Status {
    /// Always `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Says that the service is there.
#[utoipa::path(
    get, path = "/api/authentication_health", tag = "authentication", security((), ("bearer" = [])),
    responses(
        (status = 200, description = "It is there", body = Status),
        (status = 400, description = "More than one Authorization header", body = Problem),
        (status = 401, description = "An incorrect token", body = Problem),
    )
)]
pub(crate) async fn health(_: OptionalCaller) -> Json<Status> {
    Json(Status { status: "ok" })
}

/// The public keys that access tokens are verified with (RFC 7517).
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "authentication",
    responses((status = 200, description = "A JSON Web Key Set", body = Value))
)]
pub(crate) async fn key_set(State(issuer): State<Issuer>) -> Json<Value> {
    Json(issuer.jwks())
}

/// Ends the process, to show that the shop survives it.
pub(crate) async fn end_process(Admin(caller): Admin) -> Problem {
    tracing::error!(
        account = caller.email.fingerprint(),
        "ends, because an admin asked for it"
    );
    std::process::exit(1)
}
