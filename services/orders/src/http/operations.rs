//! Is it well?

use axum::Json;
use identity::{Admin, OptionalCaller};
use serde::Serialize;
use service_kit::problem::Problem;
use utoipa::ToSchema;

/// That the service answers.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Health {
    /// Always `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// That the orders service answers.
#[utoipa::path(get, path = "/api/orders_health", tag = "operations", operation_id = "orders_health",
    responses(
        (status = 200, body = Health),
        (status = 400, body = Problem, description = "More than one Authorization header"),
        (status = 401, body = Problem, description = "A bad token"),
        (status = 503, body = Problem)))]
pub(super) async fn health(_: OptionalCaller) -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Ends this process, to show what becomes of the shop.
pub(super) async fn error(_: Admin) {
    tracing::error!("ends here, as an admin asks");
    std::process::exit(1);
}
