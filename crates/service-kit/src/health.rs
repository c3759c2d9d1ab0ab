//! Liveness, readiness and metrics, on the service's own port and apart from the API.
//!
//! Liveness asks nothing of anybody: a database that is away is no reason to be restarted.
//! Readiness is the conjunction of what the service's parts say of themselves.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;

use crate::telemetry;

/// The part that is ready while the database answers.
pub const DATABASE: &str = "database";
/// The part that is ready once the service reads its topics. It stays so while the broker is
/// away: what the service is asked for can be done all the same, and is told later.
pub const BROKER: &str = "broker";
/// The part that is ready once tokens can be verified. It stays so when authentication goes: the
/// keys that are known remain good.
pub const TOKEN_KEYS: &str = "token-keys";
/// The part that is ready once what the service needs in its database is there.
pub const START_UP: &str = "start-up";
/// The part that is ready until the service is asked to stop.
pub const ACCEPTING: &str = "accepting";

/// What the parts of a service say of themselves.
#[derive(Clone, Debug, Default)]
pub struct Health {
    parts: Arc<Mutex<BTreeMap<&'static str, bool>>>,
}

/// One part of a service, such as its database connection; not ready until it says so.
#[derive(Clone, Debug)]
pub struct Part {
    name: &'static str,
    health: Health,
}

impl Health {
    /// Adds a part, which is not ready yet.
    pub fn part(&self, name: &'static str) -> Part {
        let part = Part {
            name,
            health: self.clone(),
        };
        part.set(false);
        part
    }

    /// Whether every part is ready.
    pub fn is_ready(&self) -> bool {
        self.snapshot().values().all(|ready| *ready)
    }

    fn snapshot(&self) -> BTreeMap<&'static str, bool> {
        self.parts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Part {
    /// Says whether this part is ready; a change is logged.
    pub fn set(&self, ready: bool) {
        let mut parts = self
            .health
            .parts
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let before = parts.insert(self.name, ready);
        if before == Some(!ready) {
            tracing::info!(
                part = self.name,
                ready,
                "{} is {}",
                self.name,
                if ready { "ready" } else { "away" }
            );
        }
    }
}

/// `/health/live`, `/health/ready` and `/metrics`.
pub fn router(health: Health) -> Router {
    Router::new()
        .route(
            "/health/live",
            get(async || Json(serde_json::json!({ "status": "ok" }))),
        )
        .route("/health/ready", get(async move || readiness(&health)))
        .route("/metrics", get(async || telemetry::render_metrics()))
}

fn readiness(health: &Health) -> (StatusCode, Json<serde_json::Value>) {
    let parts = health.snapshot();
    let ready = parts.values().all(|ready| *ready);
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let word = if ready { "ok" } else { "unavailable" };
    (
        status,
        Json(serde_json::json!({ "status": word, "parts": parts })),
    )
}
