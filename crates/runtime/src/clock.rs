//! The clock: the one place that reads the wall clock. Rules get the time as an argument.

use std::time::{Duration, Instant};

use jiff::Timestamp;

/// The clock, as use cases see it. Its monotonic time is tokio's, which a test can pause.
pub trait Clock: Clone + Send + Sync + 'static {
    /// Returns the current time.
    fn now(&self) -> Timestamp;

    /// Returns the monotonic time, for deadlines.
    fn instant(&self) -> Instant;

    /// Waits for `duration`.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send;

    /// Waits for `work` at most for `timeout`; `None` after that.
    fn timeout<F>(
        &self,
        timeout: Duration,
        work: F,
    ) -> impl Future<Output = Option<F::Output>> + Send
    where
        F: Future<Output: Send> + Send,
    {
        async move {
            tokio::select! {
                biased;
                output = work => Some(output),
                () = self.sleep(timeout) => None,
            }
        }
    }
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the clock of all services")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn instant(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
