//! The operational endpoints of every service's API: `GET /api/NAME_health`, and
//! `GET /api/NAME_error`, which ends the process.

use axum::extract::FromRequestParts;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use utoipa::ToSchema;

/// The body of a health response.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// The response of a health endpoint.
pub fn healthy() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Adds `GET /api/NAME_error` for callers that `Admin` accepts, if `enabled` (`CHAOS_ENDPOINTS`). It
/// ends the process, to demonstrate how the shop recovers.
pub fn with_chaos_endpoint<S, Admin>(router: Router<S>, service: &str, enabled: bool) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    Admin: FromRequestParts<S> + Send + 'static,
{
    if enabled {
        router.route(&format!("/api/{service}_error"), get(end_process::<Admin>))
    } else {
        router
    }
}

async fn end_process<Admin>(_: Admin) {
    tracing::error!("an admin ended this process through the chaos endpoint");
    std::process::exit(1)
}
