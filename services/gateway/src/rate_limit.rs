//! A rate limit per client address.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use service_kit::client::{Network, TrustedProxies};
use service_kit::problem::Problem;
use tokio_util::sync::CancellationToken;

/// One token bucket per client network. A bucket holds the requests of one second.
pub(crate) struct RateLimit {
    buckets: DefaultKeyedRateLimiter<Network>,
    clock: DefaultClock,
    proxies: TrustedProxies,
}

impl RateLimit {
    /// Allows `per_second` requests to each client. `proxies` are trusted to report the client
    /// address.
    pub(crate) fn new(per_second: NonZeroU32, proxies: TrustedProxies) -> Self {
        Self {
            buckets: RateLimiter::dashmap(Quota::per_second(per_second)),
            clock: DefaultClock::default(),
            proxies,
        }
    }

    /// Counts a request of `client`; over the limit, returns a 429 with `Retry-After`.
    pub(crate) fn check(&self, client: IpAddr) -> Result<(), Problem> {
        self.buckets
            .check_key(&Network::of(client))
            .map_err(|refusal| {
                let wait = refusal.wait_time_from(self.clock.now());
                let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                Problem::too_many_requests(u32::try_from(seconds.max(1)).unwrap_or(u32::MAX))
            })
    }

    /// Removes full buckets every second until `stop` is cancelled, so that only the clients of the
    /// last seconds occupy memory.
    pub(crate) async fn evict_idle(self: Arc<Self>, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(Duration::from_secs(1));
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => self.evict_full_buckets(),
            }
        }
    }

    fn evict_full_buckets(&self) {
        self.buckets.retain_recent();
        self.buckets.shrink_to_fit();
    }
}

/// Middleware that answers 429 to a client over its limit.
pub(crate) async fn limit(
    State(limit): State<Arc<RateLimit>>,
    request: Request,
    next: Next,
) -> Response {
    let Some(ConnectInfo(peer)) = request
        .extensions()
        .get::<ConnectInfo<std::net::SocketAddr>>()
    else {
        return next.run(request).await;
    };
    let client = limit.proxies.client(peer.ip(), request.headers());
    match limit.check(client) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(per_second: u32) -> RateLimit {
        RateLimit::new(
            NonZeroU32::new(per_second).unwrap(),
            TrustedProxies::new(Vec::new()),
        )
    }

    #[test]
    fn given_a_client_over_its_limit_when_counted_then_only_that_client_is_refused() {
        let limit = limit(1);
        let check = |client: &str| {
            limit
                .check(client.parse().unwrap())
                .map_err(|problem| problem.status)
        };
        assert_eq!(check("203.0.113.1"), Ok(()));
        assert_eq!(check("203.0.113.1"), Err(429));
        assert_eq!(check("203.0.113.2"), Ok(()));
        assert_eq!(check("2001:db8::1"), Ok(()));
        assert_eq!(check("2001:db8::2"), Err(429), "the same /64");
        assert_eq!(check("2001:db8:0:1::1"), Ok(()));
    }

    #[test]
    fn given_idle_clients_when_their_buckets_are_full_again_then_the_buckets_are_removed() {
        let limit = limit(1_000_000);
        for last in 0..=255 {
            limit.check(IpAddr::from([203, 0, 113, last])).unwrap();
        }
        let deadline = std::time::Instant::now() + Duration::from_secs(5);
        while !limit.buckets.is_empty() {
            assert!(
                std::time::Instant::now() < deadline,
                "{} buckets are left",
                limit.buckets.len()
            );
            limit.evict_full_buckets();
        }
    }
}
