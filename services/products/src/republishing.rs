//! Republishing: one replica publishes the states of all products again and again, a few at a time.
//!
//! Every change is published when it is committed. If a topic is deleted later, or the product copy
//! of orders is restored from a backup, the copy would be stale until the product's next change; a
//! round over all products repairs it. A consumer ignores versions that it has.

use std::time::Duration;

use domain::ProductId;
use runtime::lifecycle::error_chain;
use tokio_util::sync::CancellationToken;

use crate::messages::Messages;
use crate::ports::{Clock, MessageSender, Replica, Republication, StoreError};

/// The products that are published together.
const CHUNK: usize = 200;
/// Limits the load of a very large catalogue: its rounds take longer.
const MIN_DELAY: Duration = Duration::from_millis(100);
/// A small catalogue is published more often than it must be.
const MAX_DELAY: Duration = Duration::from_secs(10);
const RETRY_DELAY: Duration = Duration::from_secs(2);
/// After this time without a renewal another replica continues the round. A chunk and its delay are
/// shorter, unless the database hangs. Then two replicas may publish the same products, and consumers
/// ignore the second copy.
const LEASE: Duration = Duration::from_mins(1);
/// How often the other replicas try to take the lease.
const LEASE_CHECK_INTERVAL: Duration = Duration::from_secs(10);

/// Publishes the states of all products in rounds, while this replica has the lease.
#[derive(Clone)]
pub(crate) struct Republisher<S, M, C> {
    pub(crate) states: S,
    pub(crate) sender: M,
    pub(crate) clock: C,
    pub(crate) messages: Messages,
    pub(crate) replica: Replica,
    /// The time that a round takes.
    pub(crate) interval: Duration,
}

impl<S: Republication, M: MessageSender, C: Clock> Republisher<S, M, C> {
    /// Publishes until `stop`.
    pub(crate) async fn run(self, stop: CancellationToken) {
        loop {
            let delay = self.publish_chunk().await.unwrap_or_else(|error| {
                let error = error_chain(&error);
                tracing::warn!(error, "cannot read the products to republish; retrying");
                RETRY_DELAY
            });
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.clock.sleep(delay) => {}
            }
        }
    }

    /// Publishes the next products of the round, if this replica has the lease. Returns the delay
    /// before the next call.
    async fn publish_chunk(&self) -> Result<Duration, StoreError> {
        let Some(round) = self.states.take_lease(self.replica, LEASE).await? else {
            return Ok(LEASE_CHECK_INTERVAL);
        };
        let states = self.states.states_after(round.last, CHUNK).await?;
        let messages = self.messages.product_states(&states, self.clock.now());
        if !self.sender.send(&messages).await {
            return Ok(RETRY_DELAY);
        }
        let last = states.last().map(|state| state.id);
        let next: Option<ProductId> = last.filter(|_| states.len() == CHUNK);
        self.states.advance(self.replica, next).await?;
        metrics::counter!("products_republished_total").increment(states.len() as u64);
        Ok(delay(self.interval, self.states.product_count().await?))
    }
}

/// The delay between two chunks, with which a round over `products` takes `interval`.
fn delay(interval: Duration, products: u64) -> Duration {
    let chunks = u32::try_from(products.div_ceil(CHUNK as u64)).unwrap_or(u32::MAX);
    (interval / chunks.max(1)).clamp(MIN_DELAY, MAX_DELAY)
}

#[cfg(test)]
mod tests;
