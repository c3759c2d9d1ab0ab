//! The sweeper: publishes `OrderCreate` again for orders that stay pending.

use std::time::Duration;

use domain::OrderId;
use jiff::SignedDuration;
use runtime::lifecycle::error_chain;
use tokio_util::sync::CancellationToken;

use crate::ports::{Clock, LEASE, Publisher, ResendQueue, ResendState, StoreError};

const INTERVAL: Duration = Duration::from_millis(500);
const MAX_BATCH: i64 = 500;
/// The maximum time between two resends of an order.
const MAX_DELAY: SignedDuration = SignedDuration::from_mins(5);
/// No replica with a correct clock postpones an order further than this.
const HORIZON: SignedDuration = SignedDuration::from_secs(5 * 60 + 10);

/// Publishes the pending orders of `queue` that are due.
#[derive(Clone)]
pub(crate) struct Sweeper<Q, P, C> {
    pub(crate) queue: Q,
    pub(crate) publisher: P,
    pub(crate) clock: C,
}

impl<Q: ResendQueue, P: Publisher, C: Clock> Sweeper<Q, P, C> {
    /// Sweeps until `stop`. The first sweep publishes all pending orders, because the process that
    /// placed them may have stopped before it published them.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut all = true;
        while !stop.is_cancelled() {
            match self.sweep(all, &stop).await {
                Ok(()) => all = false,
                Err(error) => tracing::warn!(
                    error = error_chain(&error),
                    "cannot read or postpone pending orders; retrying"
                ),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.clock.sleep(INTERVAL) => {}
            }
        }
    }

    async fn sweep(&self, all: bool, stop: &CancellationToken) -> Result<(), StoreError> {
        if all {
            self.queue.make_all_due(self.clock.now()).await?;
        }
        while !stop.is_cancelled() && self.resend(ResendState::NeverResent).await? {}
        // The broker has these messages already, and products has to read every copy. If products is
        // down, their number grows, so one batch per sweep is enough.
        self.resend(ResendState::Resent).await?;
        Ok(())
    }

    /// Publishes one batch of due orders. Returns whether another batch may be due: `false` if none
    /// was due or the broker did not acknowledge all of them.
    async fn resend(&self, state: ResendState) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let due = self.queue.due(now, HORIZON, state, MAX_BATCH).await?;
        if due.is_empty() {
            return Ok(false);
        }
        tracing::info!(orders = due.len(), "publishing pending orders again");
        let ids: Vec<OrderId> = due.iter().map(|order| order.id).collect();
        let now = self.clock.now();
        self.queue.postpone(&ids, now, LEASE, MAX_DELAY).await?;
        let acknowledged = self.publisher.publish(&due).await;
        let unpublished: Vec<OrderId> = ids
            .into_iter()
            .zip(acknowledged)
            .filter(|(_, acknowledged)| !acknowledged)
            .map(|(id, _)| id)
            .collect();
        if unpublished.is_empty() {
            return Ok(true);
        }
        self.queue.make_due(&unpublished, self.clock.now()).await?;
        Ok(false)
    }
}
