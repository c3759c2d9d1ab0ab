//! The health endpoint.

use axum::Json;
use identity::OptionalCaller;
use service_kit::operations::{self, Health};
use service_kit::problem::Problem;

/// Returns `ok` while the service responds.
#[utoipa::path(get, path = "/api/products_health", tag = "operations", operation_id = "products_health",
    responses((status = 200, body = Health),
        (status = 400, body = Problem, description = "More than one Authorization header"),
        (status = 401, body = Problem, description = "An invalid token"), (status = 503, body = Problem)))]
pub(super) async fn health(_: OptionalCaller) -> Json<Health> {
    operations::healthy()
}
