//! Polling for a condition instead of sleeping for a fixed time.

use std::time::{Duration, Instant};

/// Time limit for conditions that an idle machine meets immediately.
pub const TIMEOUT: Duration = Duration::from_secs(20);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Polls `condition` until it returns `Ok`, and returns the value; panics after [`TIMEOUT`].
pub async fn eventually<T>(
    description: &str,
    condition: impl AsyncFnMut() -> Result<T, String>,
) -> T {
    eventually_within(TIMEOUT, description, condition).await
}

/// Polls `condition` until it returns `Ok`, and returns the value; panics after `timeout` with
/// `description` and the last error.
pub async fn eventually_within<T>(
    timeout: Duration,
    description: &str,
    mut condition: impl AsyncFnMut() -> Result<T, String>,
) -> T {
    let deadline = Instant::now() + timeout;
    loop {
        match condition().await {
            Ok(value) => return value,
            Err(error) if Instant::now() > deadline => {
                panic!("timed out after {timeout:?}: {description}; at the last poll: {error}")
            }
            Err(_) => tokio::time::sleep(POLL_INTERVAL).await,
        }
    }
}
