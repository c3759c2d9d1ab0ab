//! Is it well?

use axum::Json;
use identity::Admin;
use serde::Serialize;
use utoipa::ToSchema;

/// That the service answers.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    /// Always `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// That the products service answers.
#[utoipa::path(get, path = "/api/products_health", tag = "operations", operation_id = "products_health",
    responses((status = 200, body = Health), (status = 503, body = service_kit::problem::Problem)))]
pub(super) async fn health() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Ends this process, to show what becomes of the shop.
pub(super) async fn error(_: Admin) {
    tracing::error!("ends here, as an admin asks");
    std::process::exit(1);
}
