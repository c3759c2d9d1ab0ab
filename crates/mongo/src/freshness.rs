//! Reads that never go back in time.
//!
//! After a failover, a majority read can return an older state than an earlier one did: from a server
//! that does not know yet that it is no longer the primary, or from a new primary that has not
//! confirmed the latest writes yet. So each read asks for a state that includes everything that this
//! process has returned or committed before. A server that has no such state fails the read at its
//! time limit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mongodb::ClientSession;
use mongodb::bson::Timestamp;

/// The time of the newest state that was returned or committed, by the clock of the database. Clones
/// share it.
#[derive(Clone, Debug, Default)]
pub struct Freshness(Arc<AtomicU64>);

impl Freshness {
    /// Makes the next read in `session` return the newest state or a later one.
    pub fn require(&self, session: &mut ClientSession) {
        if let Some(newest) = self.newest() {
            session.advance_operation_time(newest);
        }
    }

    /// Remembers the time of a state that is about to be returned.
    pub fn record(&self, time: Option<Timestamp>) {
        if let Some(Timestamp { time, increment }) = time {
            let time = (u64::from(time) << 32) | u64::from(increment);
            self.0.fetch_max(time, Ordering::AcqRel);
        }
    }

    /// Returns the time of the newest state. `None`, which is less than every time, if there is none.
    pub fn newest(&self) -> Option<Timestamp> {
        let newest = self.0.load(Ordering::Acquire);
        let time = u32::try_from(newest >> 32).ok()?;
        let increment = u32::try_from(newest & u64::from(u32::MAX)).ok()?;
        (newest > 0).then_some(Timestamp { time, increment })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(time: u32, increment: u32) -> Timestamp {
        Timestamp { time, increment }
    }

    #[test]
    fn given_states_when_recorded_in_any_order_then_the_newest_is_returned() {
        let freshness = Freshness::default();
        assert_eq!(freshness.newest(), None);
        for (seconds, increment) in [(5, 7), (6, 1), (5, u32::MAX)] {
            freshness.record(Some(time(seconds, increment)));
        }
        freshness.record(None);
        assert_eq!(freshness.newest(), Some(time(6, 1)));
    }
}
