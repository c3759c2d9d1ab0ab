//! The health check.

use axum::Json;
use identity::OptionalCaller;
use service_kit::operations::{Health, healthy};
use service_kit::problem::Problem;

/// Returns `ok` if the orders service responds.
#[utoipa::path(get, path = "/api/orders_health", tag = "operations", operation_id = "orders_health",
    responses(
        (status = 200, body = Health),
        (status = 400, body = Problem, description = "More than one Authorization header"),
        (status = 401, body = Problem, description = "A bad token"),
        (status = 503, body = Problem)))]
pub(super) async fn health(_: OptionalCaller) -> Json<Health> {
    healthy()
}
