//! The readiness of a process: a service is ready when every part is that its HTTP calls need.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Ready while the database answers.
pub const DATABASE: &str = "database";
/// Ready while the broker answers. It is only reported: HTTP requests succeed without the broker, and
/// their events are published later.
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
    parts: Arc<Mutex<BTreeMap<&'static str, State>>>,
}

#[derive(Clone, Copy, Debug)]
struct State {
    is_ready: bool,
    is_required: bool,
}

/// The readiness of one part of a service, such as its database connection.
#[derive(Clone, Debug)]
pub struct Part {
    name: &'static str,
    is_required: bool,
    health: Health,
}

impl Health {
    /// Adds a part without which the service is not ready. It starts as not ready.
    pub fn part(&self, name: &'static str) -> Part {
        self.add(name, true)
    }

    /// Adds a part that is reported, but without which the service can be ready. It starts as not
    /// ready.
    pub fn reported_part(&self, name: &'static str) -> Part {
        self.add(name, false)
    }

    fn add(&self, name: &'static str, is_required: bool) -> Part {
        let part = Part {
            name,
            is_required,
            health: self.clone(),
        };
        part.set(false);
        part
    }

    /// Whether every required part is ready.
    pub fn is_ready(&self) -> bool {
        let parts = self.lock();
        parts
            .values()
            .all(|part| part.is_ready || !part.is_required)
    }

    /// The readiness of each part by its name.
    pub fn snapshot(&self) -> BTreeMap<&'static str, bool> {
        let parts = self.lock();
        parts
            .iter()
            .map(|(name, part)| (*name, part.is_ready))
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, State>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Part {
    /// Sets whether this part is ready. Logs a change, and sets the metric `health_part_ready`.
    pub fn set(&self, ready: bool) {
        metrics::gauge!("health_part_ready", "part" => self.name).set(u8::from(ready));
        let state = State {
            is_ready: ready,
            is_required: self.is_required,
        };
        let before = self.health.lock().insert(self.name, state);
        if before.is_some_and(|before| before.is_ready != ready) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_a_reported_part_when_it_is_down_then_the_service_is_ready_and_says_so() {
        let health = Health::default();
        let (database, broker) = (health.part(DATABASE), health.reported_part(BROKER));
        assert!(!health.is_ready());
        database.set(true);
        assert!(health.is_ready());
        assert!(!health.snapshot()[BROKER]);
        broker.set(true);
        database.set(false);
        assert!(!health.is_ready());
    }
}
