//! Placing orders, together: what waits while one round is being written goes into the next.
//!
//! Requests go through a bounded queue to one task, the committer. Each round costs the database
//! one look at the products and one insert, however many orders are in it.

mod round;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use domain::Email;
use domain::IdempotencyKey;
use domain::OrderId;
use jiff::Timestamp;
use runtime::lifecycle::{Background, error_chain};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::announcing::Announcer;
use crate::checking::Refusal;
use crate::idempotency::order_id;
use crate::lines::Lines;
use crate::order::PendingOrder;
use crate::store::{Store, fresh_id};

/// The most orders in one round.
const MOST_IN_A_ROUND: usize = 500;
/// The most lines in one round, but for those of its last order: what the database is asked about
/// them stays far below the 16 MiB of a command.
const MOST_LINES_IN_A_ROUND: usize = 10_000;
/// How many may wait. At a thousand orders a second they wait for a few seconds.
const MOST_WAITING: usize = 4096;

/// An order that somebody wants to place.
#[derive(Clone, Debug)]
pub struct Placement {
    /// Who.
    pub buyer: Email,
    /// What the buyer calls it.
    pub key: Option<IdempotencyKey>,
    /// What is ordered.
    pub lines: Lines,
    /// When the request came.
    pub now: Timestamp,
    /// The trace of the request.
    pub traceparent: Option<String>,
}

/// Why an order was not placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlacingError {
    /// The order breaks a rule.
    #[error(transparent)]
    Refused(Refusal),
    /// The key was used for other lines.
    #[error("the key was used for other lines")]
    KeyUsed,
    /// The database is away or slow, or too many wait.
    #[error("orders cannot be placed now")]
    Unavailable,
}

/// An order as it was placed, now or under the same key before.
pub type Outcome = Result<Arc<PendingOrder>, PlacingError>;

/// Where orders are handed in. Clones share the queue.
#[derive(Clone)]
pub struct Counter {
    queue: mpsc::Sender<Waiting>,
    patience: Duration,
}

/// A placement in the queue.
struct Waiting {
    /// The order's id if it is placed.
    id: OrderId,
    placement: Placement,
    deadline: Instant,
    answer: oneshot::Sender<Outcome>,
}

impl Waiting {
    fn lines(&self) -> usize {
        self.placement.lines.as_slice().len()
    }

    fn answer(self, outcome: Outcome) {
        // An error means that the client has gone; its order stays what it is.
        let _ = self.answer.send(outcome);
    }
}

/// Opens the counter, with the committer behind it in `background`.
pub fn open(store: Store, announcer: Announcer, background: &Background) -> Counter {
    let (queue, waiting) = mpsc::channel(MOST_WAITING);
    let patience = store.patience();
    background.spawn(commit(store, announcer, waiting, background.stop_token()));
    Counter { queue, patience }
}

impl Counter {
    /// Places an order. Once it is in a round it is placed even if nobody waits for the answer.
    pub async fn place(&self, placement: Placement) -> Outcome {
        let id = placement
            .key
            .as_ref()
            .map_or_else(fresh_id, |key| order_id(&placement.buyer, key));
        let (answer, outcome) = oneshot::channel();
        let deadline = Instant::now() + self.patience;
        let waiting = Waiting {
            id,
            placement,
            deadline,
            answer,
        };
        self.queue
            .try_send(waiting)
            .map_err(|_| PlacingError::Unavailable)?;
        match tokio::time::timeout_at(deadline, outcome).await {
            Ok(Ok(outcome)) => outcome,
            // Too late, or the round failed.
            Err(_) | Ok(Err(_)) => Err(PlacingError::Unavailable),
        }
    }
}

/// Places round after round until `stop`, and then what still waits.
async fn commit(
    store: Store,
    announcer: Announcer,
    mut queue: mpsc::Receiver<Waiting>,
    stop: CancellationToken,
) {
    let mut round = Vec::new();
    loop {
        if round.is_empty() && !wait(&mut queue, &mut round, &stop).await {
            return;
        }
        gather(&mut queue, &mut round);
        let work = round::place(store.clone(), announcer.clone(), round);
        // A database that hangs must not hold up the rounds after this one for ever. The driver
        // must not be interrupted, so the round goes on by itself.
        let placed = tokio::time::timeout(store.patience(), tokio::spawn(report(work)));
        round = if let Ok(left) = placed.await {
            left.unwrap_or_default()
        } else {
            tracing::warn!("a round of orders takes too long; the next one begins");
            Vec::new()
        };
    }
}

/// Fills the round with what waits.
fn gather(queue: &mut mpsc::Receiver<Waiting>, round: &mut Vec<Waiting>) {
    let mut lines: usize = round.iter().map(Waiting::lines).sum();
    while round.len() < MOST_IN_A_ROUND && lines < MOST_LINES_IN_A_ROUND {
        let Ok(waiting) = queue.try_recv() else {
            return;
        };
        lines += waiting.lines();
        round.push(waiting);
    }
}

/// Waits for the first placement of a round; `false` if there will be none any more.
async fn wait(
    queue: &mut mpsc::Receiver<Waiting>,
    round: &mut Vec<Waiting>,
    stop: &CancellationToken,
) -> bool {
    let first = tokio::select! {
        biased;
        first = queue.recv() => first,
        () = stop.cancelled() => {
            queue.close();
            queue.recv().await
        }
    };
    let came = first.is_some();
    round.extend(first);
    came
}

/// Leaves out whom nobody waits for any more: he was answered that it did not work.
fn in_time(mut waiting: Vec<Waiting>) -> Vec<Waiting> {
    let now = Instant::now();
    waiting.retain(|waiting| now < waiting.deadline);
    waiting
}

/// Parts what goes into this round from what has to wait for the next: a second placement under
/// the same key, which then finds the first one's order.
fn part(waiting: Vec<Waiting>) -> (Vec<Waiting>, Vec<Waiting>) {
    let mut ids = HashSet::with_capacity(waiting.len());
    waiting
        .into_iter()
        .partition(|waiting| ids.insert(waiting.id))
}

/// What is left for the next round; nothing if this one failed, and whoever was in it is told.
async fn report(
    work: impl Future<Output = Result<Vec<Waiting>, crate::store::StoreError>>,
) -> Vec<Waiting> {
    work.await.unwrap_or_else(|error| {
        tracing::warn!(error = error_chain(&error), "a round of orders failed");
        Vec::new()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(buyer: &str, key: &str, deadline: Instant) -> (Waiting, oneshot::Receiver<Outcome>) {
        let buyer = Email::parse(buyer).expect("an address");
        let key = IdempotencyKey::parse(key.as_bytes()).expect("a key");
        let (answer, outcome) = oneshot::channel();
        let placement = Placement {
            lines: Lines::merge([("chair", 1)]).expect("good lines"),
            now: Timestamp::UNIX_EPOCH,
            traceparent: None,
            key: Some(key.clone()),
            buyer: buyer.clone(),
        };
        (
            Waiting {
                id: order_id(&buyer, &key),
                placement,
                deadline,
                answer,
            },
            outcome,
        )
    }

    fn keys(waiting: &[Waiting]) -> Vec<&str> {
        waiting
            .iter()
            .filter_map(|waiting| waiting.placement.key.as_ref())
            .map(IdempotencyKey::as_str)
            .collect()
    }

    #[test]
    fn given_one_key_twice_when_a_round_is_made_then_the_second_waits_for_the_next() {
        let later = Instant::now() + Duration::from_mins(1);
        let placements = [
            ("aaa@aaa.com", "k1"),
            ("aaa@aaa.com", "k2"),
            ("aaa@aaa.com", "k1"),
            ("bbb@bbb.com", "k1"),
        ];
        let (round, _outcomes): (Vec<_>, Vec<_>) = placements
            .into_iter()
            .map(|(buyer, key)| waiting(buyer, key, later))
            .unzip();
        let (now, next) = part(round);
        assert_eq!(
            (keys(&now), keys(&next)),
            (vec!["k1", "k2", "k1"], vec!["k1"])
        );
        let (now, next) = part(next);
        assert_eq!((keys(&now), next.len()), (vec!["k1"], 0));
    }

    #[test]
    fn given_a_placement_past_its_deadline_when_a_round_is_made_then_it_is_left_out_and_told() {
        let (placement, mut outcome) = waiting("aaa@aaa.com", "k1", Instant::now());
        assert_eq!(in_time(vec![placement]).len(), 0);
        assert!(
            outcome
                .try_recv()
                .is_err_and(|error| error == oneshot::error::TryRecvError::Closed)
        );
    }
}
