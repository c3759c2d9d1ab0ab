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
            get(async || Json(serde_json::json!({ "status": "ok", "version": release::VERSION }))),
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

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use http::Request;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn given_a_service_when_it_is_live_then_it_says_which_release_it_is() {
        let request = Request::get("/health/live").body(Body::empty());
        let response = router(Health::default())
            .oneshot(request.expect("a request"))
            .await
            .expect("answers");
        let body = to_bytes(response.into_body(), 1024).await.expect("a body");
        let body: serde_json::Value = serde_json::from_slice(&body).expect("is JSON");
        assert_eq!(
            body,
            serde_json::json!({ "status": "ok", "version": release::VERSION })
        );
    }
}
