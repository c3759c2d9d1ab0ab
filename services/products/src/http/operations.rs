//! The health check.

use axum::Json;
use identity::OptionalCaller;
use service_kit::operations::{Health, healthy};
use service_kit::problem::Problem;

/// Returns `ok` while the service responds.
#[utoipa::path(
    get, path = "/api/products_health", tag = "operations", operation_id = "products_health",
    security((), ("bearer" = [])),
    responses(
        (status = 200, description = "The service responds", body = Health),
        (status = 400, description = "More than one Authorization header", body = Problem),
        (status = 401, description = "An incorrect token", body = Problem),
        (status = 503, body = Problem),
    )
)]
pub(super) async fn health(_: OptionalCaller) -> Json<Health> {
    healthy()
}
