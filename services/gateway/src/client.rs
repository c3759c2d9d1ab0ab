//! The HTTP client for upstreams: chooses an address, retries at another one where that is safe,
//! and reports every outcome to the address's circuit breaker.

use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::response::Response;
use http::uri::PathAndQuery;
use http::{Method, Uri, header, request};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use runtime::lifecycle::error_chain;
use service_kit::problem::Problem;
use tls::{HttpsConnector, TlsError, TlsSettings};

use crate::config::{UpstreamAddress, UpstreamSettings};
use crate::headers;
use crate::resolver::ShufflingResolver;
use crate::upstream::{Attempt, TriedAddresses, Upstream};

/// A client with a connection pool for all upstreams. Clones share the pool.
#[derive(Clone)]
pub(crate) struct UpstreamClient {
    http: Client<HttpsConnector<HttpConnector<ShufflingResolver>>, Full<Bytes>>,
    timeout: Duration,
}

enum AttemptError {
    /// There was no connection, so nothing was sent.
    Connect,
    /// The connection broke; the upstream may have processed the request.
    Disconnected,
    /// The timeout expired; the upstream may have processed the request.
    TimedOut,
}

impl UpstreamClient {
    /// Creates a client without open connections.
    pub(crate) fn new(settings: &UpstreamSettings, tls: &TlsSettings) -> Result<Self, TlsError> {
        let mut connector = HttpConnector::new_with_resolver(ShufflingResolver::default());
        connector.set_nodelay(true);
        connector.enforce_http(false);
        connector.set_connect_timeout(Some(settings.upstream_connect_timeout));
        let http = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(settings.upstream_idle_timeout)
            .build(tls.connector(connector)?);
        Ok(Self {
            http,
            timeout: settings.upstream_timeout,
        })
    }

    /// Time for an upstream to start its response, over all attempts.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Tries the addresses of `upstream` until one responds. Retries only if nothing was sent, or
    /// if the method is safe to repeat.
    pub(crate) async fn call(
        &self,
        upstream: &Upstream,
        parts: &request::Parts,
        body: Bytes,
    ) -> Result<http::Response<Incoming>, Problem> {
        let Some(_permit) = upstream.try_acquire() else {
            metrics::counter!("gateway_shed_total", "upstream" => upstream.name()).increment(1);
            return Err(Problem::unavailable());
        };
        let is_repeatable = matches!(parts.method, Method::GET | Method::HEAD);
        let deadline = tokio::time::Instant::now() + self.timeout;
        let mut tried = TriedAddresses::default();
        let mut disconnects = 0;
        while let Some(attempt) = upstream.next_attempt(&mut tried, Instant::now()) {
            let request = request_to(attempt.address(), parts, body.clone())?;
            match self.send(&attempt, request, deadline).await {
                Ok(response) => return Ok(response),
                Err(AttemptError::Connect) => {}
                Err(AttemptError::Disconnected) if is_repeatable && disconnects == 0 => {
                    disconnects += 1;
                    if upstream.address_count() == 1 {
                        // Perhaps only the pooled connection was stale.
                        tried.clear();
                    }
                }
                Err(AttemptError::Disconnected | AttemptError::TimedOut) => break,
            }
        }
        Err(Problem::unavailable())
    }

    async fn send(
        &self,
        attempt: &Attempt<'_>,
        request: http::Request<Full<Bytes>>,
        deadline: tokio::time::Instant,
    ) -> Result<http::Response<Incoming>, AttemptError> {
        let result = tokio::time::timeout_at(deadline, self.http.request(request)).await;
        let (kind, reason) = match result {
            Ok(Ok(response)) => {
                attempt.record_success();
                if closes_connection(&response) {
                    attempt.record_draining(Instant::now());
                }
                return Ok(response);
            }
            Ok(Err(error)) if error.is_connect() => (AttemptError::Connect, error_chain(&error)),
            Ok(Err(error)) => (AttemptError::Disconnected, error_chain(&error)),
            Err(_) => (
                AttemptError::TimedOut,
                "no response within the timeout".to_owned(),
            ),
        };
        tracing::warn!(address = %attempt.address(), reason, "the upstream did not respond");
        // A stale pooled connection says nothing about the upstream.
        if !matches!(kind, AttemptError::Disconnected) {
            attempt.record_failure(Instant::now());
        }
        Err(kind)
    }
}

/// Returns an upstream's response with a streamed body and without hop-by-hop headers.
pub(crate) fn streamed(response: http::Response<Incoming>) -> Response {
    let (mut parts, body) = response.into_parts();
    headers::sanitize_response(&mut parts.headers);
    Response::from_parts(parts, Body::new(body))
}

fn closes_connection(response: &http::Response<Incoming>) -> bool {
    response
        .headers()
        .get(header::CONNECTION)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"))
}

/// Copies the request for `address`; hyper writes the Host header.
fn request_to(
    address: &UpstreamAddress,
    parts: &request::Parts,
    body: Bytes,
) -> Result<http::Request<Full<Bytes>>, Problem> {
    let path_and_query = parts.uri.path_and_query().cloned();
    let uri = Uri::builder()
        .scheme(address.scheme().clone())
        .authority(address.authority().clone())
        .path_and_query(path_and_query.unwrap_or_else(|| PathAndQuery::from_static("/")))
        .build()
        .map_err(|_| Problem::bad_request("The address cannot be read."))?;
    let mut request = http::Request::new(Full::new(body));
    *request.method_mut() = parts.method.clone();
    *request.uri_mut() = uri;
    *request.headers_mut() = parts.headers.clone();
    Ok(request)
}
