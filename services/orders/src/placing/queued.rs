//! Placements in the queue.

use std::collections::HashSet;
use std::time::Instant;

use domain::OrderId;
use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::placement::{Placement, PlacingResult};

/// A placement in the queue. Dropping it responds that orders cannot be placed now.
pub(super) struct QueuedPlacement {
    /// The id that the order gets.
    pub(super) id: OrderId,
    pub(super) placement: Placement,
    pub(super) arrived_at: Timestamp,
    pub(super) deadline: Instant,
    pub(super) response: oneshot::Sender<PlacingResult>,
    /// Held until the order is placed, if it is large.
    pub(super) _turn: Option<OwnedSemaphorePermit>,
}

impl QueuedPlacement {
    pub(super) fn respond(self, result: PlacingResult) {
        // An error means that the client has disconnected; its order is unaffected.
        let _ = self.response.send(result);
    }
}

/// Drops the placements past their deadline: their clients have already received an error.
pub(super) fn drop_expired(mut queued: Vec<QueuedPlacement>, now: Instant) -> Vec<QueuedPlacement> {
    queued.retain(|queued| now < queued.deadline);
    queued
}

/// Splits off the placements that repeat an id. In the next round they find the order of the first.
pub(super) fn split_duplicates(
    queued: Vec<QueuedPlacement>,
) -> (Vec<QueuedPlacement>, Vec<QueuedPlacement>) {
    let mut ids = HashSet::with_capacity(queued.len());
    queued.into_iter().partition(|queued| ids.insert(queued.id))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::{Email, IdempotencyKey};

    use super::*;
    use crate::lines::Lines;

    fn queued(
        buyer: &str,
        key: &str,
        deadline: Instant,
    ) -> (QueuedPlacement, oneshot::Receiver<PlacingResult>) {
        let buyer = Email::parse(buyer).expect("an address");
        let key = IdempotencyKey::parse(key.as_bytes()).expect("a key");
        let (response, result) = oneshot::channel();
        let queued = QueuedPlacement {
            id: OrderId::from_bytes(key.id_for(&buyer)),
            placement: Placement {
                lines: Lines::merge([("chair", 1)]).expect("valid lines"),
                traceparent: None,
                key: Some(key),
                buyer,
            },
            arrived_at: Timestamp::UNIX_EPOCH,
            deadline,
            response,
            _turn: None,
        };
        (queued, result)
    }

    fn keys(queued: &[QueuedPlacement]) -> Vec<&str> {
        queued
            .iter()
            .filter_map(|queued| queued.placement.key.as_ref())
            .map(IdempotencyKey::as_str)
            .collect()
    }

    #[test]
    fn given_one_key_twice_when_duplicates_are_split_then_the_second_is_left_for_the_next_round() {
        let later = Instant::now() + Duration::from_mins(1);
        let placements = [
            ("aaa@aaa.com", "k1"),
            ("aaa@aaa.com", "k2"),
            ("aaa@aaa.com", "k1"),
            ("bbb@bbb.com", "k1"),
        ];
        let (round, _results): (Vec<_>, Vec<_>) = placements
            .into_iter()
            .map(|(buyer, key)| queued(buyer, key, later))
            .unzip();
        let (now, next) = split_duplicates(round);
        assert_eq!(
            (keys(&now), keys(&next)),
            (vec!["k1", "k2", "k1"], vec!["k1"])
        );
        let (now, next) = split_duplicates(next);
        assert_eq!((keys(&now), next.len()), (vec!["k1"], 0));
    }

    #[test]
    fn given_a_placement_past_its_deadline_when_expired_ones_are_dropped_then_it_gets_a_response() {
        let deadline = Instant::now();
        let (placement, mut result) = queued("aaa@aaa.com", "k1", deadline);
        assert_eq!(drop_expired(vec![placement], deadline).len(), 0);
        assert!(
            result
                .try_recv()
                .is_err_and(|error| error == oneshot::error::TryRecvError::Closed)
        );
    }
}
