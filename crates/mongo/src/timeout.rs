//! Timeouts and retries around the driver.

use std::fmt::Display;
use std::io;
use std::time::{Duration, Instant};

use mongodb::error::Error;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

/// The timeout of background tasks for one operation: longer than any operation takes, so that only
/// operations that hang are retried.
pub const BACKGROUND_TIMEOUT: Duration = Duration::from_secs(30);
const RETRY_DELAY: Duration = Duration::from_millis(100);

tokio::task_local! {
    /// When the caller of the current operation stops waiting for it.
    static DEADLINE: Instant;
}

/// Waits for `operation` at most for `timeout`, and not longer than an enclosing `with_timeout`.
/// After a timeout the operation continues in its own task, because cancelling a driver call breaks
/// its connection; whether a write happened is then unknown. The server ends it if it was given
/// [`time_left`].
pub async fn with_timeout<T, E>(
    timeout: Duration,
    operation: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    let timeout = DEADLINE
        .try_with(|outer| timeout.min(outer.saturating_duration_since(Instant::now())))
        .unwrap_or(timeout);
    let operation = DEADLINE.scope(Instant::now() + timeout, operation.in_current_span());
    match tokio::time::timeout(timeout, tokio::spawn(operation)).await {
        Ok(Ok(result)) => result,
        Ok(Err(panicked)) => std::panic::resume_unwind(panicked.into_panic()),
        Err(_) => Err(timeout_error().into()),
    }
}

/// The time until the enclosing [`with_timeout`] ends, at least a millisecond; [`BACKGROUND_TIMEOUT`]
/// without one. It is the `max_time` of every read and `find_one_and_…`, so that the server does not
/// work longer on it than the caller waits. The driver has no such option for other writes: they
/// change a bounded number of documents, and the client's write concern bounds how long they wait; or
/// they are sent as a command with `maxTimeMS`.
/// Building an index has no limit, because it takes longer the more documents there are.
pub fn time_left() -> Duration {
    // 0 would mean without a limit.
    const MIN: Duration = Duration::from_millis(1);
    DEADLINE
        .try_with(|deadline| deadline.saturating_duration_since(Instant::now()).max(MIN))
        .unwrap_or(BACKGROUND_TIMEOUT)
}

/// Whether the enclosing [`with_timeout`] has ended.
pub fn is_time_up() -> bool {
    DEADLINE
        .try_with(|deadline| *deadline <= Instant::now())
        .unwrap_or(false)
}

/// The error of an operation that timed out. It is retryable.
pub fn timeout_error() -> Error {
    io::Error::new(
        io::ErrorKind::TimedOut,
        "the database did not respond within the timeout",
    )
    .into()
}

/// Retries `attempt` until it succeeds; `None` if `stop` came first. `action` completes the log line
/// "cannot …; retrying".
pub async fn retry_until_ok<F, T, E>(
    action: &str,
    stop: &CancellationToken,
    mut attempt: impl FnMut() -> F,
) -> Option<T>
where
    F: Future<Output = Result<T, E>>,
    E: Display,
{
    loop {
        match attempt().await {
            Ok(value) => return Some(value),
            Err(error) => tracing::warn!(%error, "cannot {action}; retrying"),
        }
        tokio::select! {
            () = stop.cancelled() => return None,
            () = tokio::time::sleep(RETRY_DELAY) => {}
        }
    }
}
