//! Placing orders with group commit.
//!
//! Requests wait in a bounded queue. One task, the committer, places all waiting requests in one
//! round: one read of the product copy and one insert for all of them. During a round the queue
//! collects the requests for the next one.

mod committer;
mod limited;
mod placement;
mod queued;
mod round;

use std::sync::Arc;
use std::time::Duration;

use domain::OrderId;
use runtime::lifecycle::Background;
use tokio::sync::{Mutex, OwnedSemaphorePermit, mpsc, oneshot};

use crate::limits::AccountLimits;
use crate::ports::{Clock, OrderBook, Publisher};
use crate::turns::Turns;
use committer::Committer;
use queued::QueuedPlacement;
use round::Round;

pub(crate) use placement::{Placement, PlacingError, PlacingResult};

/// The capacity of the queue: a few seconds of a thousand orders a second.
const MAX_QUEUED: usize = 4096;
/// The maximum number of lines of a small order. Most orders have a few.
const MAX_SMALL_LINES: usize = 20;
/// How many large orders are placed at the same time. More would delay the small ones, here and at each
/// later stage: an order of a hundred lines needs as much work as dozens of them.
const MAX_LARGE: usize = 16;

/// The queue of the committer. Clones share it.
#[derive(Clone)]
pub(crate) struct PlacementQueue<B, C> {
    book: B,
    clock: C,
    queue: mpsc::Sender<QueuedPlacement>,
    large: Turns,
    timeout: Duration,
}

impl<B: OrderBook, C: Clock> PlacementQueue<B, C> {
    /// Starts a committer in `background`. A request waits at most `timeout`.
    pub(crate) fn start(
        book: B,
        publisher: impl Publisher,
        clock: C,
        limits: AccountLimits,
        timeout: Duration,
        background: &Background,
    ) -> Self {
        let (queue, queued) = mpsc::channel(MAX_QUEUED);
        let committer = Committer {
            round: Round::new(
                book.clone(),
                publisher,
                clock.clone(),
                limits,
                background.clone(),
            ),
            background: background.clone(),
        };
        let queued = Arc::new(Mutex::new(queued));
        background.keep_running("committer", move |stop| {
            committer.clone().run(Arc::clone(&queued), stop)
        });
        Self {
            book,
            clock,
            queue,
            large: Turns::new(MAX_LARGE),
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
        let arrived_at = self.clock.now();
        let deadline = self.clock.instant() + self.timeout;
        let place = async {
            let turn = self.turn(&placement).await;
            let (response, result) = oneshot::channel();
            let queued = QueuedPlacement {
                id,
                placement,
                arrived_at,
                deadline,
                response,
                _turn: turn,
            };
            self.queue.try_send(queued).ok()?;
            result.await.ok()
        };
        // Without a result the deadline passed, the queue is full, or the round failed.
        let result = self.clock.timeout(self.timeout, place).await.flatten();
        result.unwrap_or(Err(PlacingError::Unavailable))
    }

    /// Waits for the turn of a large order. A small one needs none.
    async fn turn(&self, placement: &Placement) -> Option<OwnedSemaphorePermit> {
        if placement.line_count() <= MAX_SMALL_LINES {
            return None;
        }
        Some(self.large.take(&placement.buyer).await.shared())
    }
}

#[cfg(test)]
mod tests;
