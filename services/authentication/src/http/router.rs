//! The table of contents.

use axum::routing::get;
use axum::{Json, Router};
use identity::BearerScheme;
use service_kit::openapi::with_problems;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{App, accounts, operations, sessions};

#[derive(OpenApi)]
#[openapi(
    info(title = "Authentication", description = "Accounts, passwords and tokens."),
    tags((name = "authentication", description = "Accounts and sessions")),
    modifiers(&BearerScheme)
)]
struct Document;

/// Every address of this service. `GET /api/authentication_error` is there only with
/// `chaos_endpoints`.
pub(crate) fn api(app: App, chaos_endpoints: bool) -> Router {
    let (mut router, document) = documented().split_for_parts();
    let document = with_problems(document);
    if chaos_endpoints {
        router = router.route("/api/authentication_error", get(operations::end_process));
    }
    router
        .route("/api-docs/openapi.json", get(async move || Json(document)))
        .with_state(app)
}

/// The OpenAPI document.
pub fn openapi() -> utoipa::openapi::OpenApi {
    with_problems(documented().into_openapi())
}

fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(accounts::register))
        .routes(routes!(sessions::log_in))
        .routes(routes!(sessions::refresh))
        .routes(routes!(sessions::log_out))
        .routes(routes!(accounts::me))
        .routes(routes!(operations::health))
        .routes(routes!(operations::key_set))
}

#[cfg(test)]
mod tests {
    #[test]
    fn given_the_api_when_documented_then_the_committed_document_is_the_same() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
        let document = super::openapi().to_pretty_json().expect("serialises") + "\n";
        if std::env::var_os("UPDATE_OPENAPI").is_some() {
            std::fs::write(path, &document).expect("writes");
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed == document,
            "openapi.json is stale: UPDATE_OPENAPI=1 cargo test -p authentication"
        );
    }
}
