//! Waiting for a condition, never for a time.

use std::time::{Duration, Instant};

/// How often a condition is looked at.
const POLL: Duration = Duration::from_millis(20);

/// Looks at `condition` until it holds and gives what it found; after `deadline` fails with `what`
/// and with what was missing at the last look.
pub async fn eventually<T>(
    what: &str,
    deadline: Duration,
    mut condition: impl AsyncFnMut() -> Result<T, String>,
) -> T {
    let end = Instant::now() + deadline;
    loop {
        match condition().await {
            Ok(found) => return found,
            Err(missing) if Instant::now() > end => {
                panic!("not within {deadline:?}: {what}. At the last look: {missing}")
            }
            Err(_) => tokio::time::sleep(POLL).await,
        }
    }
}
