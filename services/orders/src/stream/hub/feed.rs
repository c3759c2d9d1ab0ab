//! The task that reads the change stream and feeds the hub.

use std::time::Duration;

use runtime::health::Part;
use runtime::lifecycle::error_chain;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Hub;
use crate::stream::changes::{ChangeSource, Changes, ChangesError};

/// How long a read waits for a change, and so how long a stop waits for the hub.
const POLL_TIMEOUT: Duration = Duration::from_millis(500);
const RETRY_DELAY: Duration = Duration::from_millis(100);
/// How long the hub continues to read without subscribers. Reading a change costs the database a
/// third of committing it (measured with 20,000 changes).
const IDLE_TIMEOUT: Duration = Duration::from_secs(10);

impl Hub {
    /// Feeds the subscribers until `stop`, and retries while the database is unavailable. Without
    /// subscribers it does not read.
    pub(crate) async fn run(self, source: impl ChangeSource, part: Part, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let from = *self.position.borrow();
            let result = match source.changes(from, POLL_TIMEOUT).await {
                Ok(changes) => self.follow(changes, &part, &stop).await,
                Err(error) => Err(error),
            };
            let Err(error) = result else {
                tokio::select! { () = stop.cancelled() => {}, () = self.resumed.notified() => {} }
                continue;
            };
            part.set(false);
            tracing::warn!(
                error = error_chain(&error),
                "cannot read status changes for the event stream; retrying"
            );
            if matches!(error, ChangesError::Lost(_) | ChangesError::Ended) {
                self.restart(&source).await;
            }
            tokio::select! { () = stop.cancelled() => {}, () = tokio::time::sleep(RETRY_DELAY) => {} }
        }
    }

    /// Delivers changes until `stop`, or until there were no subscribers for [`IDLE_TIMEOUT`].
    async fn follow(
        &self,
        mut changes: impl Changes,
        part: &Part,
        stop: &CancellationToken,
    ) -> Result<(), ChangesError> {
        self.advance(changes.position());
        part.set(true);
        let mut last_used = Instant::now();
        while !stop.is_cancelled() {
            let change;
            (changes, change) = changes.next().await?;
            let has_subscribers = match change {
                Some(change) => self.deliver(&change),
                None => self.advance(changes.position()),
            };
            if has_subscribers {
                last_used = Instant::now();
            } else if last_used.elapsed() > IDLE_TIMEOUT && self.pause() {
                break;
            }
        }
        Ok(())
    }

    /// Continues from now after the change stream was lost, and resets all subscribers.
    async fn restart(&self, source: &impl ChangeSource) {
        if let Ok(changes) = source.changes(None, POLL_TIMEOUT).await {
            self.reset(changes.position());
        }
    }
}
