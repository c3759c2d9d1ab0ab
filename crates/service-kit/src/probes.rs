//! Liveness, readiness and metrics, on the service's own port and outside the API.
//!
//! Liveness checks no dependency: restarting a service does not bring its database back.

use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use runtime::health::Health;
use runtime::telemetry;

/// Serves `/health/live`, `/health/ready` and `/metrics`.
pub(crate) fn router(health: Health) -> Router {
    Router::new()
        .route(
            "/health/live",
            get(async || Json(serde_json::json!({ "status": "ok" }))),
        )
        .route("/health/ready", get(async move || readiness(&health)))
        .route("/metrics", get(async || telemetry::render_metrics()))
}

fn readiness(health: &Health) -> (StatusCode, Json<serde_json::Value>) {
    let (code, status) = if health.is_ready() {
        (StatusCode::OK, "ok")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
    };
    (
        code,
        Json(serde_json::json!({ "status": status, "parts": health.snapshot() })),
    )
}
