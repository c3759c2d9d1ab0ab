//! The calls at a glance.

use axum::Router;
use axum::routing::get;
use identity::BearerScheme;
use runtime::settings::Common;
use service_kit::openapi::with_problems;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{App, categories, operations, products};

#[derive(OpenApi)]
#[openapi(
    info(title = "Products", description = "The catalogue and the stock."),
    modifiers(&BearerScheme),
    tags((name = "products", description = "The catalogue"), (name = "operations", description = "Is it well?"))
)]
struct Document;

fn described() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(products::list, products::create, products::change))
        .routes(routes!(categories::list, categories::create))
        .routes(routes!(operations::health))
}

/// The service's OpenAPI document.
pub fn api_document() -> utoipa::openapi::OpenApi {
    with_problems(described().to_openapi())
}

/// All calls, and the document that describes them.
pub fn router(app: App, settings: &Common) -> Router {
    let (mut router, document) = described().split_for_parts();
    if settings.chaos_endpoints {
        router = router.route("/api/products_error", get(operations::error));
    }
    let document = axum::Json(with_problems(document));
    router
        .route("/api-docs/openapi.json", get(async move || document))
        .with_state(app)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_the_committed_document_when_compared_with_the_code_then_they_agree() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
        let current = api_document().to_pretty_json().unwrap() + "\n";
        if std::env::var_os("UPDATE_OPENAPI").is_some() {
            std::fs::write(path, &current).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap();
        assert!(
            committed == current,
            "openapi.json is stale: UPDATE_OPENAPI=1 cargo test -p products"
        );
    }
}
