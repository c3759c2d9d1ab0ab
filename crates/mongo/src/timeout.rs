//! Timeouts and retries around the driver.

use std::io;
use std::time::Duration;

use mongodb::error::Error;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

/// The timeout of background tasks for one operation: longer than any operation takes, so that only
/// operations that hang are retried.
pub const BACKGROUND_TIMEOUT: Duration = Duration::from_secs(30);
const RETRY_DELAY: Duration = Duration::from_millis(100);

/// Waits for `operation` at most for `timeout`. After a timeout the operation continues in its own
/// task, because cancelling a driver call breaks its connection; whether a write happened is then
/// unknown.
pub async fn with_timeout<T, E>(
    timeout: Duration,
    operation: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    match tokio::time::timeout(timeout, tokio::spawn(operation.in_current_span())).await {
        Ok(Ok(result)) => result,
        Ok(Err(panicked)) => std::panic::resume_unwind(panicked.into_panic()),
        Err(_) => Err(timeout_error().into()),
    }
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
pub async fn retry_until_ok<F, T>(
    action: &str,
    stop: &CancellationToken,
    mut attempt: impl FnMut() -> F,
) -> Option<T>
where
    F: Future<Output = Result<T, Error>>,
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
