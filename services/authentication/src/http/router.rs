//! The routes and the OpenAPI document.

use axum::Router;
use identity::{Admin, BearerScheme};
use runtime::settings::Common;
use service_kit::openapi;
use service_kit::operations::with_chaos_endpoint;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{App, accounts, key_set, operations, sessions};
use crate::config::SERVICE;

#[derive(OpenApi)]
#[openapi(
    info(title = "Authentication", description = "Accounts, passwords and tokens."),
    tags((name = "authentication", description = "Accounts and sessions"), (name = "operations", description = "Health of the services")),
    modifiers(&BearerScheme)
)]
struct Document;

fn documented_routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(accounts::register))
        .routes(routes!(sessions::log_in))
        .routes(routes!(sessions::refresh))
        .routes(routes!(sessions::log_out))
        .routes(routes!(accounts::me))
        .routes(routes!(operations::health))
        .routes(routes!(key_set::key_set))
}

/// Returns all routes, with the document that describes them.
pub(crate) fn router(app: App, settings: &Common) -> Router {
    let router = openapi::serve(documented_routes());
    with_chaos_endpoint::<App, Admin>(router, SERVICE, settings.exposure.chaos_endpoints)
        .with_state(app)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_the_committed_document_when_compared_with_the_code_then_they_agree() {
        let document = openapi::document(&documented_routes());
        openapi::check_committed(&document, env!("CARGO_MANIFEST_DIR")).unwrap();
    }
}
