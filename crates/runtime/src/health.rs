//! The readiness of a process: a service is ready when each of its parts is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Ready while the database answers.
pub const DATABASE: &str = "database";
/// Ready once the service has subscribed to its topics. It stays ready while the broker is down:
/// HTTP requests succeed without it, and their events are published later.
pub const BROKER: &str = "broker";
/// Ready once tokens can be verified. It stays ready when authentication is down, because the
/// cached keys remain valid.
pub const TOKEN_KEYS: &str = "token-keys";
/// Ready once the database has the indexes that the service needs.
pub const START_UP: &str = "start-up";
/// Ready until the service receives a stop signal.
pub const ACCEPTING: &str = "accepting";

/// The readiness of all parts of a service. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Health {
    parts: Arc<Mutex<BTreeMap<&'static str, bool>>>,
}

/// The readiness of one part of a service, such as its database connection.
#[derive(Clone, Debug)]
pub struct Part {
    name: &'static str,
    health: Health,
}

impl Health {
    /// Adds a part, which starts as not ready.
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

    /// The readiness of each part by its name.
    pub fn snapshot(&self) -> BTreeMap<&'static str, bool> {
        self.parts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Part {
    /// Sets whether this part is ready and logs a change.
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
                if ready { "ready" } else { "unavailable" }
            );
        }
    }
}
