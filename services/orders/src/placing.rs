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
use tokio::sync::{Mutex, Semaphore, SemaphorePermit, mpsc, oneshot};

use crate::limits::AccountLimits;
use crate::ports::{Clock, OrderBook, Publisher};
use committer::Committer;
use queued::QueuedPlacement;
use round::Round;

pub(crate) use placement::{Placement, PlacingError, PlacingResult};

/// The capacity of the queue: a few seconds of a thousand orders a second.
const MAX_QUEUED: usize = 4096;
/// An order with more lines is large: most orders have a few.
const LARGE: usize = 20;
/// How many large orders are placed at the same time. More would delay the small ones, here and at each
/// later stage: a large order needs as much work as a hundred of them.
const MAX_LARGE: usize = 8;

/// The queue of the committer. Clones share it.
#[derive(Clone)]
pub(crate) struct PlacementQueue<B, C> {
    book: B,
    clock: C,
    queue: mpsc::Sender<QueuedPlacement>,
    large: Arc<Semaphore>,
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
            large: Arc::new(Semaphore::new(MAX_LARGE)),
            timeout,
        }
    }

    /// Waits for the turn of an order with this number of lines. A small order needs none. Keep it until
    /// the order is placed.
    pub(crate) async fn turn(
        &self,
        lines: usize,
    ) -> Result<Option<SemaphorePermit<'_>>, PlacingError> {
        if lines <= LARGE {
            return Ok(None);
        }
        let turn = self.clock.timeout(self.timeout, self.large.acquire());
        match turn.await {
            // The semaphore is never closed.
            Some(turn) => Ok(turn.ok()),
            None => Err(PlacingError::Unavailable),
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

#[cfg(test)]
mod tests;
