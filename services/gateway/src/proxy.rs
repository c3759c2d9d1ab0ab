//! A request's way through the gateway, and its answer's way back.
//!
//! A request's body, which is small by the table, is read to its end before the upstream is
//! called: a client that sends slowly then costs no upstream anything, one that sends too much
//! is answered 413 whatever it announced, and an attempt that could not connect can be made
//! elsewhere. An answer's body is passed on piece by piece as it comes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request};
use axum::response::{IntoResponse, Response};
use futures::StreamExt as _;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Method, Uri, header, request};
use http_body::Body as _;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use identity::Verifier;
use jiff::Timestamp;
use runtime::lifecycle::error_chain;
use service_kit::client::TrustedProxies;
use service_kit::problem::Problem;
use tokio_util::sync::CancellationToken;

use crate::breaker::Policy;
use crate::config::{Config, Origin, UpstreamSettings};
use crate::headers;
use crate::origin;
use crate::resolver::Shuffled;
use crate::routes::{Row, Service};
use crate::shared_reads::{self, SharedReads};
use crate::upstream::{Attempt, Tried, Upstream};

/// What all calls share.
pub struct Gateway {
    verifier: Verifier,
    proxies: TrustedProxies,
    body_timeout: Duration,
    upstream_timeout: Duration,
    client: Client<HttpConnector<Shuffled>, Full<Bytes>>,
    shared_reads: SharedReads,
    authentication: Arc<Upstream>,
    products: Arc<Upstream>,
    orders: Arc<Upstream>,
    stop: CancellationToken,
}

/// A row of the table and the upstream it names.
pub struct Route {
    /// The row.
    pub row: &'static Row,
    /// Who answers.
    pub upstream: Arc<Upstream>,
}

/// Why an attempt brought no answer.
enum Failure {
    /// There was no connection, so nothing was sent.
    Connect,
    /// The connection broke; what was sent may have had its effect.
    Broken,
    /// Time ran out; the same is true.
    TimedOut,
}

impl Gateway {
    /// A gateway with these settings, whose event streams end with `stop`.
    pub fn new(config: &Config, verifier: Verifier, stop: CancellationToken) -> Self {
        let upstream =
            |name, origins: &[Origin]| Arc::new(upstream(name, origins, &config.upstream));
        Self {
            verifier,
            proxies: config.trusted_proxies.clone(),
            body_timeout: config.body_timeout,
            upstream_timeout: config.upstream.upstream_timeout,
            client: client(&config.upstream),
            shared_reads: SharedReads::new(config.shared_read_patience),
            authentication: upstream("authentication", &config.upstream_authentication),
            products: upstream("products", &config.upstream_products),
            orders: upstream("orders", &config.upstream_orders),
            stop,
        }
    }

    /// The upstream of a service.
    pub fn upstream(&self, service: Service) -> Arc<Upstream> {
        Arc::clone(match service {
            Service::Authentication => &self.authentication,
            Service::Products => &self.products,
            Service::Orders => &self.orders,
        })
    }

    /// Answers a request: with the upstream's answer, or with why there is none.
    pub async fn answer(self: &Arc<Self>, route: &Route, request: Request) -> Response {
        self.pass_on(route, request)
            .await
            .unwrap_or_else(Problem::into_response)
    }

    async fn pass_on(
        self: &Arc<Self>,
        route: &Route,
        request: Request,
    ) -> Result<Response, Problem> {
        let (mut parts, body) = request.into_parts();
        headers::clean_request(&mut parts.headers);
        route
            .row
            .access
            .check(&self.verifier, &mut parts.headers, Timestamp::now)
            .await?;
        let body = self.read(body, route.row.body_limit).await?;
        if let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() {
            origin::rewrite(&self.proxies, peer.ip(), &mut parts.headers);
        }
        if route.row.is_shared && body.is_empty() && self.shared_reads.suits(&parts) {
            return shared_reads::read(self, &route.upstream, &parts).await;
        }
        let answer = self.call(&route.upstream, &parts, body).await.map(stream)?;
        if is_event_stream(&answer) {
            Ok(self.until_stop(answer))
        } else {
            Ok(answer)
        }
    }

    /// What never ends by itself ends when the gateway stops, and well: its client comes back at
    /// once, instead of meeting a broken connection after the drain timeout.
    fn until_stop(&self, answer: Response) -> Response {
        let stop = self.stop.clone().cancelled_owned();
        answer.map(|body| Body::from_stream(body.into_data_stream().take_until(stop)))
    }

    /// The reads that are fetched for several readers at once.
    pub(crate) fn shared_reads(&self) -> &SharedReads {
        &self.shared_reads
    }

    /// Time for an upstream to begin its answer.
    pub(crate) fn upstream_timeout(&self) -> Duration {
        self.upstream_timeout
    }

    async fn read(&self, body: Body, limit: usize) -> Result<Bytes, Problem> {
        if body.is_end_stream() {
            return Ok(Bytes::new());
        }
        match tokio::time::timeout(self.body_timeout, gather(body, limit)).await {
            Ok(whole) => whole,
            Err(_) => Err(Problem::body_too_slow()),
        }
    }

    /// Calls one address after another until one answers. Only where nothing was sent, or
    /// where sending twice does no harm, is there a second attempt.
    pub(crate) async fn call(
        &self,
        upstream: &Upstream,
        parts: &request::Parts,
        body: Bytes,
    ) -> Result<http::Response<Incoming>, Problem> {
        let Some(_place) = upstream.enter() else {
            metrics::counter!("gateway_shed_total", "upstream" => upstream.name()).increment(1);
            return Err(Problem::unavailable());
        };
        let repeatable = matches!(parts.method, Method::GET | Method::HEAD);
        let deadline = tokio::time::Instant::now() + self.upstream_timeout;
        let mut tried = Tried::default();
        let mut broken = 0;
        while let Some(attempt) = upstream.attempt(&mut tried, Instant::now()) {
            let request = request_to(attempt.authority(), parts, body.clone())?;
            match self.send(&attempt, request, deadline).await {
                Ok(response) => return Ok(response),
                Err(Failure::Connect) => {}
                Err(Failure::Broken) if repeatable && broken == 0 => {
                    broken += 1;
                    if upstream.size() == 1 {
                        // Only the kept connection may have been dead, and not the service.
                        tried.clear();
                    }
                }
                Err(Failure::Broken | Failure::TimedOut) => break,
            }
        }
        Err(Problem::unavailable())
    }

    async fn send(
        &self,
        attempt: &Attempt<'_>,
        request: http::Request<Full<Bytes>>,
        deadline: tokio::time::Instant,
    ) -> Result<http::Response<Incoming>, Failure> {
        let answer = tokio::time::timeout_at(deadline, self.client.request(request)).await;
        let (failure, reason) = match answer {
            Ok(Ok(response)) => {
                attempt.answered();
                if closes(&response) {
                    attempt.leaves(Instant::now());
                }
                return Ok(response);
            }
            Ok(Err(error)) if error.is_connect() => (Failure::Connect, error_chain(&error)),
            Ok(Err(error)) => (Failure::Broken, error_chain(&error)),
            Err(_) => (Failure::TimedOut, "no answer in time".to_owned()),
        };
        tracing::warn!(address = %attempt.authority(), reason, "got no answer");
        if !matches!(failure, Failure::Broken) {
            attempt.failed(Instant::now());
        }
        Err(failure)
    }
}

/// An upstream's answer as ours; its body passes as it comes.
pub(crate) fn stream(response: http::Response<Incoming>) -> Response {
    let (mut parts, body) = response.into_parts();
    headers::clean_response(&mut parts.headers);
    Response::from_parts(parts, Body::new(body))
}

fn closes(response: &http::Response<Incoming>) -> bool {
    response
        .headers()
        .get(header::CONNECTION)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"))
}

fn is_event_stream(answer: &Response) -> bool {
    answer
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"))
}

fn upstream(name: &'static str, origins: &[Origin], settings: &UpstreamSettings) -> Upstream {
    let policy = Policy {
        failures: settings.breaker_failures.get(),
        pause: settings.breaker_pause,
    };
    let addresses = origins.iter().map(|origin| origin.authority().clone());
    Upstream::new(name, addresses, settings.upstream_max_in_flight, policy)
}

fn client(settings: &UpstreamSettings) -> Client<HttpConnector<Shuffled>, Full<Bytes>> {
    let mut connector = HttpConnector::new_with_resolver(Shuffled::default());
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(settings.upstream_connect_timeout));
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(settings.upstream_idle_timeout)
        .build(connector)
}

/// The whole body, or 413 if it is larger than `limit`.
async fn gather(body: Body, limit: usize) -> Result<Bytes, Problem> {
    match Limited::new(body, limit).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Problem::body_too_large()),
        Err(_) => Err(Problem::bad_request(
            "The body could not be read to its end.",
        )),
    }
}

/// The same request for `authority`. The client writes the Host header.
fn request_to(
    authority: &Authority,
    parts: &request::Parts,
    body: Bytes,
) -> Result<http::Request<Full<Bytes>>, Problem> {
    let mut uri = http::uri::Parts::default();
    uri.scheme = Some(Scheme::HTTP);
    uri.authority = Some(authority.clone());
    uri.path_and_query = Some(
        parts
            .uri
            .path_and_query()
            .cloned()
            .unwrap_or_else(|| PathAndQuery::from_static("/")),
    );
    let mut request = http::Request::new(Full::new(body));
    *request.method_mut() = parts.method.clone();
    *request.uri_mut() =
        Uri::from_parts(uri).map_err(|_| Problem::bad_request("The address cannot be read."))?;
    *request.headers_mut() = parts.headers.clone();
    Ok(request)
}
