//! The routes and the OpenAPI document.

use axum::Router;
use identity::{Admin, BearerScheme};
use runtime::settings::Common;
use service_kit::openapi;
use service_kit::operations::with_chaos_endpoint;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{App, categories, operations, products};
use crate::config::SERVICE;

#[derive(OpenApi)]
#[openapi(
    info(title = "Products", description = "The catalogue and the stock."),
    modifiers(&BearerScheme),
    tags((name = "products", description = "The catalogue"), (name = "operations", description = "Health of the services"))
)]
struct Document;

fn documented_routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(products::list, products::create, products::change))
        .routes(routes!(categories::list, categories::create))
        .routes(routes!(operations::health))
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
