//! The HTTP API.

mod accounts;
mod address;
mod cookie;
mod key_set;
mod operations;
mod problems;
mod router;
mod sessions;
mod wire;

use std::time::Duration;

use axum::extract::FromRef;
use identity::Verifier;
use mongo::StoreError;
use service_kit::client::TrustedProxies;

use crate::registration::Registration;
use crate::sessions::Sessions;

pub(crate) use cookie::AllowedOrigins;
pub(crate) use router::router;

/// The timeout of a use case that hashes a password, shorter than the ten seconds of the gateway.
const HASH_TIMEOUT: Duration = Duration::from_secs(9);

/// The state of the handlers. Cheap to clone.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) registration: Registration,
    pub(crate) sessions: Sessions,
    pub(crate) verifier: Verifier,
    pub(crate) origins: AllowedOrigins,
    pub(crate) proxies: TrustedProxies,
    /// The timeout of the database for a request of a client.
    pub(crate) timeout: Duration,
}

/// Runs a use case in its own task, so that it completes even if the client disconnects. After
/// `timeout` it fails as if the database did not respond, and the database stops working on it.
async fn run<T, E>(
    timeout: Duration,
    use_case: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    // Boxed, because it is large and moved several times.
    let use_case = Box::pin(use_case);
    mongo::with_timeout(timeout, async { Ok::<_, StoreError>(use_case.await) }).await?
}

impl FromRef<App> for Verifier {
    fn from_ref(app: &App) -> Self {
        app.verifier.clone()
    }
}

impl FromRef<App> for TrustedProxies {
    fn from_ref(app: &App) -> Self {
        app.proxies.clone()
    }
}

#[cfg(test)]
mod tests {
    use mongodb::bson::doc;

    use super::*;

    #[tokio::test]
    async fn given_a_use_case_of_many_quick_operations_when_its_time_is_up_then_it_fails_as_retryable()
     {
        let operation = async || {
            let quick = async { Ok::<_, mongodb::error::Error>(doc! {}) };
            mongo::with_timeout(Duration::from_secs(3), quick).await
        };
        let use_case = async move {
            loop {
                operation().await?;
            }
        };
        let result: Result<(), StoreError> = run(Duration::from_millis(50), use_case).await;
        assert!(result.expect_err("the time is up").is_retryable());
    }
}
