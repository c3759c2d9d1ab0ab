//! Placing orders with group commit.
//!
//! Requests wait in a bounded queue. One task, the committer, places all waiting requests in one
//! round: one read of the product copy and one insert for up to [`MAX_ROUND`] orders. During a round
//! the queue collects the requests for the next one.

mod committer;
mod queued;
mod round;

use std::sync::Arc;
use std::time::Duration;

use domain::{Email, IdempotencyKey, OrderId};
use runtime::lifecycle::Background;
use tokio::sync::{mpsc, oneshot};

use crate::checking::CheckError;
use crate::lines::Lines;
use crate::order::PendingOrder;
use crate::ports::{Clock, OrderBook, Publisher};
use committer::Committer;
use queued::QueuedPlacement;
use round::Round;

/// The maximum number of orders in one round.
const MAX_ROUND: usize = 500;
/// The maximum number of lines in one round, not counting those of its last order. It keeps the
/// commands far below MongoDB's limit of 16 MiB.
const MAX_ROUND_LINES: usize = 10_000;
/// The capacity of the queue: a few seconds of a thousand orders a second.
const MAX_QUEUED: usize = 4096;

/// A request to place an order.
#[derive(Clone, Debug)]
pub(crate) struct Placement {
    pub(crate) buyer: Email,
    pub(crate) key: Option<IdempotencyKey>,
    pub(crate) lines: Lines,
    pub(crate) traceparent: Option<String>,
}

/// Why an order was not placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PlacingError {
    #[error(transparent)]
    Refused(CheckError),
    #[error("the idempotency key was used for other lines")]
    KeyUsed,
    /// The database is unavailable or timed out, or the queue is full. The order may have been
    /// placed; only a repeat with the same idempotency key returns the outcome.
    #[error("orders cannot be placed now")]
    Unavailable,
}

/// The order as it was placed, by this request or by an earlier one with the same key.
pub(crate) type PlacingResult = Result<Arc<PendingOrder>, PlacingError>;

/// The queue of the committer. Clones share it.
#[derive(Clone)]
pub(crate) struct PlacementQueue<B, C> {
    book: B,
    clock: C,
    queue: mpsc::Sender<QueuedPlacement>,
    timeout: Duration,
}

impl<B: OrderBook, C: Clock> PlacementQueue<B, C> {
    /// Starts a committer in `background`. A request and a round each take at most `timeout`.
    pub(crate) fn start(
        book: B,
        publisher: impl Publisher,
        clock: C,
        timeout: Duration,
        background: &Background,
    ) -> Self {
        let (queue, queued) = mpsc::channel(MAX_QUEUED);
        let committer = Committer {
            round: Round::new(book.clone(), publisher, background.clone()),
            clock: clock.clone(),
            timeout,
        };
        background.spawn(committer.run(queued, background.stop_token()));
        Self {
            book,
            clock,
            queue,
            timeout,
        }
    }

    /// Places an order. Once it is in a round it is placed, even if the client disconnects.
    pub(crate) async fn place(&self, placement: Placement) -> PlacingResult {
        let id = match &placement.key {
            // The unique index on ids allows at most one order under a key, forever.
            Some(key) => OrderId::from_bytes(key.id_for(&placement.buyer)),
            None => self.book.new_id(),
        };
        let (response, result) = oneshot::channel();
        let queued = QueuedPlacement {
            id,
            placement,
            arrived_at: self.clock.now(),
            deadline: self.clock.instant() + self.timeout,
            response,
        };
        self.queue
            .try_send(queued)
            .map_err(|_| PlacingError::Unavailable)?;
        match self.clock.timeout(self.timeout, result).await {
            Some(Ok(result)) => result,
            // The deadline passed, or the round failed.
            None | Some(Err(_)) => Err(PlacingError::Unavailable),
        }
    }
}
