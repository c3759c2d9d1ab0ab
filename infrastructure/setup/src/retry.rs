//! Waiting for conditions, but not for ever.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::console::say;

const PAUSE: Duration = Duration::from_millis(250);

/// When it is over.
#[derive(Clone, Copy)]
pub(crate) struct Patience {
    timeout: Duration,
    end: Instant,
}

/// What became of one attempt.
pub(crate) enum Attempt<T> {
    /// It succeeded.
    Done(T),
    /// It is too early, and why.
    NotYet(String),
}

impl Patience {
    pub(crate) fn of(timeout: Duration) -> Self {
        let end = Instant::now() + timeout;
        Self { timeout, end }
    }

    /// Tries until it is done or fails, or time is over. Says so once if it takes a while.
    pub(crate) async fn until<T>(
        self,
        what: &str,
        mut attempt: impl AsyncFnMut() -> Result<Attempt<T>>,
    ) -> Result<T> {
        let mut waits = false;
        loop {
            let reason = match attempt().await? {
                Attempt::Done(value) => return Ok(value),
                Attempt::NotYet(reason) => reason,
            };
            if Instant::now() >= self.end {
                bail!("{what} after {:?}: {reason}", self.timeout);
            }
            if !waits {
                say(format_args!("{what} yet: {reason}; waits"));
                waits = true;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
