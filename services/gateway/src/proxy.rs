//! Forwards a request to its upstream and streams the response back.
//!
//! A request body is small, because the route table limits it, and is read to its end before the
//! upstream is called. So a slow client occupies no upstream, a body that is too large is answered
//! 413 with or without a Content-Length, and a failed connection can be retried at another address.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use axum::routing::on;
use futures::StreamExt as _;
use http::header;
use http_body::Body as _;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use identity::Verifier;
use runtime::clock::{Clock as _, SystemClock};
use service_kit::client::TrustedProxies;
use service_kit::problem::Problem;
use tls::TlsError;
use tokio_util::sync::CancellationToken;

use crate::circuit_breaker::BreakerPolicy;
use crate::client::{self, UpstreamClient};
use crate::config::{Config, UpstreamAddress};
use crate::forwarded;
use crate::headers;
use crate::routes::{Route, Service};
use crate::shared_reads::SharedReads;
use crate::upstream::Upstream;

struct Proxy {
    verifier: Verifier,
    trusted_proxies: TrustedProxies,
    body_timeout: Duration,
    client: UpstreamClient,
    shared_reads: Arc<SharedReads>,
    shutdown: CancellationToken,
}

struct Upstreams {
    authentication: Arc<Upstream>,
    products: Arc<Upstream>,
    orders: Arc<Upstream>,
}

/// Returns a router that forwards each of `routes`. Event streams end when `shutdown` is
/// cancelled.
pub(crate) fn router(
    routes: &[&'static Route],
    config: &Config,
    verifier: Verifier,
    shutdown: CancellationToken,
) -> Result<Router, TlsError> {
    let proxy = Arc::new(Proxy {
        verifier,
        trusted_proxies: config.trusted_proxies.clone(),
        body_timeout: config.body_timeout,
        client: UpstreamClient::new(&config.upstream, &config.common.tls)?,
        shared_reads: Arc::new(SharedReads::new(config.shared_read_timeout)),
        shutdown,
    });
    let upstreams = Upstreams::new(config);
    Ok(routes.iter().fold(Router::new(), |router, &route| {
        let proxy = Arc::clone(&proxy);
        let upstream = upstreams.get(route.service);
        let handler = async move |request: Request| proxy.forward(route, &upstream, request).await;
        router.route(route.path, on(route.method_filter(), handler))
    }))
}

impl Proxy {
    async fn forward(
        &self,
        route: &Route,
        upstream: &Arc<Upstream>,
        request: Request,
    ) -> Result<Response, Problem> {
        let (mut parts, body) = request.into_parts();
        headers::sanitize_request(&mut parts.headers);
        route
            .access
            .authorize(&self.verifier, &mut parts.headers, || SystemClock.now())
            .await?;
        let body = self.read_body(body, route.body_limit).await?;
        if let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() {
            forwarded::rewrite(&self.trusted_proxies, peer.ip(), &mut parts.headers);
        }
        if route.is_shared && body.is_empty() && self.shared_reads.can_share(&parts) {
            return self.shared_reads.read(&self.client, upstream, &parts).await;
        }
        let response = self.client.call(upstream, &parts, body).await?;
        let response = client::streamed(response);
        if is_event_stream(&response) {
            Ok(self.end_at_shutdown(response))
        } else {
            Ok(response)
        }
    }

    async fn read_body(&self, body: Body, limit: usize) -> Result<Bytes, Problem> {
        if body.is_end_stream() {
            return Ok(Bytes::new());
        }
        let read = Limited::new(body, limit).collect();
        match tokio::time::timeout(self.body_timeout, read).await {
            Ok(Ok(body)) => Ok(body.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Problem::body_too_large()),
            Ok(Err(_)) => Err(Problem::bad_request(
                "The body could not be read to its end.",
            )),
            Err(_) => Err(Problem::body_too_slow()),
        }
    }

    /// An event stream never ends by itself. A clean end makes its client reconnect immediately; a
    /// connection that is cut after the drain timeout would be an error.
    fn end_at_shutdown(&self, response: Response) -> Response {
        let shutdown = self.shutdown.clone().cancelled_owned();
        response.map(|body| Body::from_stream(body.into_data_stream().take_until(shutdown)))
    }
}

impl Upstreams {
    fn new(config: &Config) -> Self {
        let policy = BreakerPolicy {
            failure_threshold: config.upstream.breaker_failures.get(),
            open_duration: config.upstream.breaker_pause,
        };
        let upstream = |name, addresses: &[UpstreamAddress]| {
            let max_in_flight = config.upstream.upstream_max_in_flight;
            let addresses = addresses.iter().cloned();
            Arc::new(Upstream::new(name, addresses, max_in_flight, policy))
        };
        Self {
            authentication: upstream("authentication", &config.upstream_authentication),
            products: upstream("products", &config.upstream_products),
            orders: upstream("orders", &config.upstream_orders),
        }
    }

    fn get(&self, service: Service) -> Arc<Upstream> {
        Arc::clone(match service {
            Service::Authentication => &self.authentication,
            Service::Products => &self.products,
            Service::Orders => &self.orders,
        })
    }
}

fn is_event_stream(response: &Response) -> bool {
    response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|content_type| content_type.as_bytes().starts_with(b"text/event-stream"))
}
