//! Republishing: a snapshot of all products, at the start and every ten minutes.
//!
//! Every change is published when it is committed. If the topic is deleted later, or the product
//! copy of orders is restored from a backup, the copy would be stale until the product's next
//! change; the snapshot repairs it. A consumer ignores versions that it has.

use std::time::Duration;

use domain::ProductId;
use runtime::lifecycle::error_chain;
use tokio_util::sync::CancellationToken;

use crate::messages::{MAX_PRODUCTS_PER_MESSAGE, Messages};
use crate::ports::{Clock, MessageSender, ProductStates, StoreError};

const SNAPSHOT_INTERVAL: Duration = Duration::from_mins(10);
const RETRY_DELAY: Duration = Duration::from_secs(2);

/// Publishes snapshots of all products.
#[derive(Clone)]
pub(crate) struct Republisher<S, M, C> {
    pub(crate) states: S,
    pub(crate) sender: M,
    pub(crate) clock: C,
    pub(crate) messages: Messages,
}

impl<S: ProductStates, M: MessageSender, C: Clock> Republisher<S, M, C> {
    /// Publishes a snapshot at every interval until `stop`.
    pub(crate) async fn run(self, stop: CancellationToken) {
        loop {
            let delay = match self.publish_snapshot(&stop).await {
                Ok(true) => SNAPSHOT_INTERVAL,
                Ok(false) => RETRY_DELAY,
                Err(error) => {
                    let error = error_chain(&error);
                    tracing::warn!(error, "cannot read the products to republish; retrying");
                    RETRY_DELAY
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.clock.sleep(delay) => {}
            }
        }
    }

    /// Returns `false` if the broker did not acknowledge a message or `stop` came first.
    async fn publish_snapshot(&self, stop: &CancellationToken) -> Result<bool, StoreError> {
        let mut last: Option<ProductId> = None;
        while !stop.is_cancelled() {
            let products = self
                .states
                .states_after(last, MAX_PRODUCTS_PER_MESSAGE)
                .await?;
            let Some(end) = products.last() else {
                return Ok(true);
            };
            last = Some(end.id);
            let now = self.clock.now();
            let messages = self.messages.products_changed(&products, now, None);
            if !self.sender.send(&messages).await {
                return Ok(false);
            }
        }
        Ok(false)
    }
}
