//! Retries until a deadline.

use std::time::{Duration, Instant};

use anyhow::{Error, Result};

use crate::console::print_line;

const RETRY_DELAY: Duration = Duration::from_millis(250);

/// A deadline that all retries of the set-up share.
#[derive(Clone, Copy)]
pub(crate) struct Retry {
    timeout: Duration,
    deadline: Instant,
}

/// The outcome of one attempt.
pub(crate) enum Attempt<T> {
    Done(T),
    /// A later attempt may succeed.
    Failed(Error),
}

impl Retry {
    pub(crate) fn with_timeout(timeout: Duration) -> Self {
        let deadline = Instant::now() + timeout;
        Self { timeout, deadline }
    }

    /// Repeats `attempt` until it is done, returns an error or the deadline has passed. `failure`
    /// says what failed, for the messages.
    pub(crate) async fn until_done<T>(
        self,
        failure: &str,
        mut attempt: impl AsyncFnMut() -> Result<Attempt<T>>,
    ) -> Result<T> {
        let mut is_reported = false;
        loop {
            let error = match attempt().await? {
                Attempt::Done(value) => return Ok(value),
                Attempt::Failed(error) => error,
            };
            if Instant::now() >= self.deadline {
                return Err(error.context(format!("{failure} within {:?}", self.timeout)));
            }
            if !is_reported {
                print_line(format_args!("{failure}: {error:#}; retrying"));
                is_reported = true;
            }
            tokio::time::sleep(RETRY_DELAY).await;
        }
    }
}
