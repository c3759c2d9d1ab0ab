#![doc = include_str!("../README.md")]

pub mod access;
pub mod circuit_breaker;
pub mod client;
pub mod config;
pub mod forwarded;
pub mod headers;
pub mod openapi;
pub mod proxy;
pub mod rate_limit;
mod resolver;
pub mod routes;
pub mod shared_reads;
pub mod upstream;

use std::sync::Arc;
use std::time::Duration;

use axum::{Router, middleware};
use runtime::health::{self, Health};
use runtime::lifecycle::{Background, Failure};
use service_kit::server;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::rate_limit::RateLimit;

/// Serves until `shutdown` is cancelled and open requests are drained.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), Failure> {
    let health = Health::default();
    let background = Background::default();
    let verifier = config.tokens.verifier()?;
    background.spawn(
        verifier
            .clone()
            .keep_fresh(health.part(health::TOKEN_KEYS), background.stop_token()),
    );

    let routes = routes::table(config.common.chaos_endpoints);
    let documentation = openapi::router(&routes)?;
    let api = proxy::router(&routes, &config, verifier, shutdown.clone()).merge(documentation);
    let api = with_rate_limit(api, &config, &background);
    server::serve(
        &config.common,
        listener,
        server::router(api, &health),
        &health,
        shutdown,
    )
    .await?;
    background.finish(Duration::from_secs(1)).await;
    Ok(())
}

fn with_rate_limit(api: Router, config: &Config, background: &Background) -> Router {
    let Some(per_second) = config.rate_limit_per_second else {
        return api;
    };
    let limit = Arc::new(RateLimit::new(per_second, config.trusted_proxies.clone()));
    background.spawn(Arc::clone(&limit).evict_idle(background.stop_token()));
    api.layer(middleware::from_fn_with_state(limit, rate_limit::limit))
}
