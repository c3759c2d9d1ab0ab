//! The committer: places the queued orders round by round.

use std::sync::Arc;
use std::time::Duration;

use runtime::lifecycle::{Background, error_chain};
use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;

use super::queued::QueuedPlacement;
use super::round::Round;
use crate::ports::{Clock, OrderBook, Publisher};

/// The maximum number of orders in one round.
const MAX_ROUND: usize = 500;
/// The maximum number of lines in one round, not counting those of its last order. It keeps the
/// commands far below MongoDB's limit of 16 MiB.
const MAX_ROUND_LINES: usize = 10_000;
/// The minimum time between the beginnings of two rounds. Without it, a hundred orders a second would be
/// a hundred rounds.
const MIN_ROUND_INTERVAL: Duration = Duration::from_millis(20);

#[derive(Clone)]
pub(super) struct Committer<B, P, C> {
    pub(super) round: Round<B, P, C>,
    pub(super) background: Background,
}

impl<B: OrderBook, P: Publisher, C: Clock> Committer<B, P, C> {
    /// Places round after round until `stop`, and then what is still queued.
    pub(super) async fn run(
        self,
        queue: Arc<Mutex<mpsc::Receiver<QueuedPlacement>>>,
        stop: CancellationToken,
    ) {
        let mut queue = queue.lock().await;
        let mut queued = Vec::new();
        let clock = self.round.clock.clone();
        let mut next_start = clock.instant();
        loop {
            if queued.is_empty() {
                let Some(first) = next(&mut queue, &stop).await else {
                    return;
                };
                queued.push(first);
            }
            let early = next_start.saturating_duration_since(clock.instant());
            clock.sleep(early).await;
            next_start = clock.instant() + MIN_ROUND_INTERVAL;
            fill(&mut queue, &mut queued);
            queued = self.place(queued).await;
        }
    }

    /// Places one round and returns the placements that are left for the next one. Rounds do not overlap,
    /// because two writers would be slower than one. A round ends, because each operation of the book has
    /// a timeout, after which the database does not work on it either. The clients of the waiting
    /// placements get an error at their own deadline.
    async fn place(&self, queued: Vec<QueuedPlacement>) -> Vec<QueuedPlacement> {
        let round = self.round.clone();
        // A separate task, so that a panic does not end the committer.
        let task = self.background.spawn("placing-round", async move {
            round.place(queued).await.unwrap_or_else(|error| {
                tracing::warn!(
                    error = error_chain(&error),
                    "cannot place the queued orders of a round"
                );
                Vec::new()
            })
        });
        task.await.ok().flatten().unwrap_or_default()
    }
}

/// Waits for a placement; `None` after `stop`, once the queue is empty.
async fn next<T>(queue: &mut mpsc::Receiver<T>, stop: &CancellationToken) -> Option<T> {
    let first = tokio::select! {
        biased;
        first = queue.recv() => first,
        () = stop.cancelled() => {
            queue.close();
            queue.recv().await
        }
    };
    if first.is_none() {
        // The server ends before its tasks are stopped, and closes the queue. A task that ends by itself is
        // reported as a failure.
        stop.cancelled().await;
    }
    first
}

/// Fills a round from the queue, up to its limits.
fn fill(queue: &mut mpsc::Receiver<QueuedPlacement>, round: &mut Vec<QueuedPlacement>) {
    let mut lines: usize = round
        .iter()
        .map(|queued| queued.placement.line_count())
        .sum();
    while round.len() < MAX_ROUND && lines < MAX_ROUND_LINES {
        let Ok(queued) = queue.try_recv() else {
            return;
        };
        lines += queued.placement.line_count();
        round.push(queued);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn given_a_closed_queue_when_it_is_empty_then_the_committer_waits_for_the_stop() {
        let (queue, mut queued) = mpsc::channel(1);
        let stop = CancellationToken::new();
        queue.send("order").await.expect("a free place");
        drop(queue);
        assert_eq!(next(&mut queued, &stop).await, Some("order"));

        let mut end = std::pin::pin!(next(&mut queued, &stop));

        assert!(futures::poll!(end.as_mut()).is_pending());
        stop.cancel();
        assert_eq!(end.await, None);
    }
}
