//! The service from start to shutdown.

use std::sync::Arc;
use std::time::Duration;

use axum::{Router, middleware};
use runtime::health::Health;
use runtime::lifecycle::{Background, Failure};
use service_kit::server;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::rate_limit::{self, RateLimit};
use crate::{openapi, proxy, routes};

/// The timeout of stopping the background tasks.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

/// Serves on `listener` until `shutdown` is cancelled and open requests are drained. HTTP is available
/// immediately; the service is ready when the token keys are.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), Failure> {
    config.common.exposure.check_development(false)?;
    let health = Health::default();
    let background = Background::default();
    let verifier = config.tokens.verifier(&config.common.tls)?;

    verifier.keep_fresh(&health, &background);

    let table = routes::table(config.common.exposure.chaos_endpoints);
    let documentation = openapi::router(&table)?;
    let api = proxy::router(&table, &config, verifier, shutdown.clone())?.merge(documentation);
    let api = with_rate_limit(api, &config, &background);
    server::serve(&config.common, listener, api, &health, shutdown).await?;

    background.finish(SHUTDOWN_TIMEOUT).await;
    Ok(())
}

fn with_rate_limit(api: Router, config: &Config, background: &Background) -> Router {
    let Some(per_second) = config.rate_limit_per_second else {
        return api;
    };
    let limit = Arc::new(RateLimit::new(per_second, config.trusted_proxies.clone()));
    let evicted = Arc::clone(&limit);
    background.keep_running("rate-limit", move |stop| {
        Arc::clone(&evicted).evict_idle(stop)
    });
    api.layer(middleware::from_fn_with_state(limit, rate_limit::limit))
}
