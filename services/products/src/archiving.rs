//! Archiving: removes old decisions and the recorded responses of old changes, a few at a time.

use std::time::Duration;

use runtime::lifecycle::error_chain;
use tokio_util::sync::CancellationToken;

use crate::ports::{Archive, Clock, StoreError};

/// The documents that are archived together.
const CHUNK: usize = 500;
/// The delay between two chunks, so that archiving does not delay decisions.
const CHUNK_DELAY: Duration = Duration::from_millis(200);

/// Archives what is older than `age`.
#[derive(Clone)]
pub(crate) struct Archiver<A, C> {
    pub(crate) archive: A,
    pub(crate) clock: C,
    pub(crate) age: Duration,
    /// How often it looks for old documents.
    pub(crate) interval: Duration,
}

impl<A: Archive, C: Clock> Archiver<A, C> {
    /// Archives until `stop`. Replicas may do so at the same time.
    pub(crate) async fn run(self, stop: CancellationToken) {
        loop {
            let delay = match self.archive_chunk().await {
                Ok(archived) if archived >= CHUNK => CHUNK_DELAY,
                Ok(_) => self.interval,
                Err(error) => {
                    let error = error_chain(&error);
                    tracing::warn!(error, "cannot archive old decisions; retrying later");
                    self.interval
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.clock.sleep(delay) => {}
            }
        }
    }

    /// Returns the larger number of documents of one kind that were archived.
    async fn archive_chunk(&self) -> Result<usize, StoreError> {
        let (now, age) = (self.clock.now(), self.age);
        let decisions = self.archive.archive_decisions(now, age, CHUNK).await?;
        let responses = self.archive.archive_responses(now, age, CHUNK).await?;
        if decisions + responses > 0 {
            tracing::info!(decisions, responses, "archived");
        }
        metrics::counter!("decisions_archived_total").increment(decisions as u64);
        Ok(decisions.max(responses))
    }
}
