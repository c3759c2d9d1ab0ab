//! The sweeper: publishes `OrderCreate` again for orders that stay pending.

use std::time::Duration;

use domain::OrderId;
use jiff::SignedDuration;
use runtime::lifecycle::error_chain;
use tokio_util::sync::CancellationToken;

use crate::ports::{
    Backoff, BatchLimit, Clock, LEASE, Publisher, ResendQueue, ResendState, StoreError,
};

const INTERVAL: Duration = Duration::from_millis(500);
/// While a batch is published, memory has its orders, their messages and the broker's copies.
const MAX_BATCH: BatchLimit = BatchLimit {
    orders: 500,
    bytes: 1 << 20,
};
/// The delay of orders that the broker did not acknowledge. Meanwhile the others have their turn.
const RETRY_DELAY: SignedDuration = SignedDuration::from_secs(1);
const BACKOFF: Backoff = Backoff {
    first: LEASE,
    longest: SignedDuration::from_mins(5),
    horizon: SignedDuration::from_secs(5 * 60 + 10),
};

/// Publishes the pending orders of `queue` that are due.
#[derive(Clone)]
pub(crate) struct Sweeper<Q, P, C> {
    pub(crate) queue: Q,
    pub(crate) publisher: P,
    pub(crate) clock: C,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Batch {
    /// No order was due, or other replicas publish those that were.
    Empty,
    Published,
    /// The broker did not acknowledge all of it.
    Unpublished,
}

impl<Q: ResendQueue, P: Publisher, C: Clock> Sweeper<Q, P, C> {
    /// Sweeps until `stop`.
    pub(crate) async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.sweep(&stop).await {
                tracing::warn!(
                    error = error_chain(&error),
                    "cannot claim pending orders; retrying"
                );
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.clock.sleep(INTERVAL) => {}
            }
        }
    }

    async fn sweep(&self, stop: &CancellationToken) -> Result<(), StoreError> {
        let mut unsent = Batch::Published;
        while unsent == Batch::Published && !stop.is_cancelled() {
            unsent = self.resend(ResendState::Unsent).await?;
        }
        // The broker has the other messages already, and products has to read every copy. If products
        // is down, their number grows, so one batch per sweep is enough.
        if !stop.is_cancelled() {
            self.resend(ResendState::Any).await?;
        }
        Ok(())
    }

    /// Publishes one batch of due orders.
    async fn resend(&self, state: ResendState) -> Result<Batch, StoreError> {
        let now = self.clock.now();
        let claim = self.queue.claim(now, BACKOFF, state, MAX_BATCH).await?;
        if claim.orders.is_empty() {
            return Ok(Batch::Empty);
        }
        tracing::info!(
            orders = claim.orders.len(),
            "publishing pending orders again"
        );
        let acknowledged = self.publisher.publish(&claim.orders).await;
        let unpublished: Vec<OrderId> = claim
            .orders
            .iter()
            .zip(acknowledged)
            .filter(|(_, acknowledged)| !acknowledged)
            .map(|(order, _)| order.id)
            .collect();
        if unpublished.is_empty() {
            return Ok(Batch::Published);
        }
        let due = self.clock.now() + RETRY_DELAY;
        self.queue.release(&claim, &unpublished, due).await?;
        Ok(Batch::Unpublished)
    }
}
