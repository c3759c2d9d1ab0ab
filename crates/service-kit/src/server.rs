//! The HTTP/1.1 server, with TLS if there is a certificate: timeouts for everything a client can delay, and a graceful shutdown that
//! loses no request.
//!
//! It uses hyper's connection loop, because `axum::serve` has no header timeout.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use futures::FutureExt as _;
use http::uri::Authority;
use http::{Version, header};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use tower_http::catch_panic::CatchPanicLayer;

use crate::connection::{Ambiguous, Connection};
use crate::problem::Problem;
use crate::{probes, request_context, unread_body};
use runtime::health::{self, Health};
use runtime::lifecycle::{Failure, error_chain};
use runtime::settings::Common;

/// The maximum size of request headers in bytes: one header of 16 KiB, and the usual others.
const MAX_HEAD: usize = 19 * 1024;
/// The maximum size of a request body in bytes, unless a route sets another limit.
pub const MAX_BODY: usize = 64 * 1024;

/// Adds to a service's API what all services share: probes, request context, body limit, and the
/// contract's responses to unknown paths, unsupported methods and panics.
fn router(api: Router, health: &Health) -> Router {
    // Probes and scrapes are not counted as requests, but pass the same checks.
    let health = probes::router(health.clone())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(middleware::from_fn(refuse_ambiguous))
        .layer(middleware::from_fn(unread_body::close_connection));
    api.fallback(async || Problem::unknown_endpoint())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(CatchPanicLayer::custom(
            |_: Box<dyn std::any::Any + Send>| Problem::internal().into_response(),
        ))
        .layer(middleware::from_fn(refuse_ambiguous))
        .layer(middleware::from_fn(unread_body::close_connection))
        .layer(middleware::from_fn(request_context::observe))
        .merge(health)
}

/// Serves `api` until `shutdown`. Then it reports not ready, accepts connections for the drain delay, stops
/// accepting, and waits for running requests until the drain timeout.
pub async fn serve(
    settings: &Common,
    listener: TcpListener,
    api: Router,
    health: &Health,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let tls = settings.tls.server().map_err(io::Error::other)?;
    tracing::info!(address = %listener.local_addr()?, https = tls.is_some(), "listening");
    let draining = health.part(health::ACCEPTING);
    draining.set(true);
    let connections = GracefulShutdown::new();
    let announce = middleware::map_response_with_state(shutdown.clone(), announce_shutdown);
    let server = Server {
        router: router(api, health).layer(announce),
        tls,
        header_timeout: settings.header_timeout,
        write_timeout: settings.write_timeout,
    };
    let stop_accepting = async {
        shutdown.cancelled().await;
        draining.set(false);
        tokio::time::sleep(settings.drain_delay).await;
    };
    tokio::pin!(stop_accepting);
    loop {
        tokio::select! {
            () = &mut stop_accepting => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => server.spawn(stream, peer, connections.watcher()),
                Err(error) => accept_failed(&error).await,
            },
        }
    }
    // Connections in the kernel's queue are already established, so they are served.
    while let Some(Ok((stream, peer))) = listener.accept().now_or_never() {
        server.spawn(stream, peer, connections.watcher());
    }
    drop(listener);
    if tokio::time::timeout(settings.drain_timeout, connections.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("closed connections whose requests did not finish within DRAIN_TIMEOUT");
    }
    Ok(())
}

/// What each connection needs.
#[derive(Clone)]
struct Server {
    router: Router,
    tls: Option<tls::Server>,
    header_timeout: Duration,
    write_timeout: Duration,
}

impl Server {
    /// Serves a connection in the background. The shutdown waits until `watcher` is dropped.
    fn spawn(&self, stream: TcpStream, peer: SocketAddr, watcher: Watcher) {
        // Only an optimisation; a failure does no harm.
        let _ = stream.set_nodelay(true);
        let server = self.clone();
        tokio::spawn(async move {
            if let Err(error) = server.open_and_serve(stream, peer, watcher).await {
                tracing::debug!(%peer, reason = error_chain(error.as_ref()), "a connection ended early");
            }
        });
    }

    async fn open_and_serve(
        self,
        stream: TcpStream,
        peer: SocketAddr,
        watcher: Watcher,
    ) -> Result<(), Failure> {
        let Some(tls) = &self.tls else {
            return self.serve(stream, peer, watcher).await;
        };
        let handshake = tokio::time::timeout(self.header_timeout, tls.accept(stream));
        self.serve(handshake.await??, peer, watcher).await
    }

    async fn serve<S: AsyncRead + AsyncWrite + Unpin + 'static>(
        &self,
        stream: S,
        peer: SocketAddr,
        watcher: Watcher,
    ) -> Result<(), Failure> {
        let stream = Connection::new(stream, self.write_timeout, MAX_HEAD);
        let ambiguous = stream.ambiguous();
        let service = self.router.clone().map_request(
            move |mut request: http::Request<hyper::body::Incoming>| {
                request.extensions_mut().insert(ConnectInfo(peer));
                request.extensions_mut().insert(ambiguous.clone());
                request
            },
        );
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.header_timeout)
            .max_buf_size(MAX_HEAD)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        Ok(watcher.watch(connection).await?)
    }
}

/// Sends `Connection: close` during shutdown, so that clients do not reuse a connection that is about
/// to close: a request sent at that moment is lost (RFC 9112, 9.6).
async fn announce_shutdown(
    State(stop): State<CancellationToken>,
    mut response: Response,
) -> Response {
    if stop.is_cancelled() {
        response
            .headers_mut()
            .insert(header::CONNECTION, http::HeaderValue::from_static("close"));
    }
    response
}

/// Usually out of file descriptors: pauses until other connections have ended.
async fn accept_failed(error: &io::Error) {
    tracing::warn!(%error, "cannot accept a connection");
    tokio::time::sleep(Duration::from_millis(50)).await;
}

/// Refuses requests that two servers could parse differently, which allows request smuggling
/// (RFC 9112, 3.2 and 6.1).
async fn refuse_ambiguous(request: Request, next: Next) -> Response {
    let two_lengths = request
        .extensions()
        .get::<Ambiguous>()
        .is_some_and(Ambiguous::is_set);
    if two_lengths || !has_one_host(&request) {
        let mut response =
            Problem::bad_request("The request's headers contradict each other.").into_response();
        response
            .headers_mut()
            .insert(header::CONNECTION, http::HeaderValue::from_static("close"));
        return response;
    }
    next.run(request).await
}

/// Whether there is exactly one valid Host header; HTTP/1.0 requests may have none.
fn has_one_host(request: &Request) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => Authority::try_from(host.as_bytes()).is_ok(),
        (None, _) => request.version() == Version::HTTP_10,
        (Some(_), Some(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::io::{Read as _, Write as _};

    use axum::body::{Body, Bytes};
    use axum::routing::{get, post};
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Settings {
        #[command(flatten)]
        common: Common,
    }

    /// An endless response, which cancels `dropped` when it is dropped.
    fn endless(dropped: CancellationToken) -> Response {
        let guard = dropped.drop_guard();
        let chunks = futures::stream::repeat_with(move || {
            let _ = &guard;
            Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 8192]))
        });
        Body::from_stream(chunks).into_response()
    }

    /// A service on a free port.
    async fn served(router: Router) -> SocketAddr {
        let settings = Settings::parse_from(["test", "--write-timeout", "100ms"]).common;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            let (health, stop) = (Health::default(), CancellationToken::new());
            serve(&settings, listener, router, &health, stop).await
        });
        address
    }

    #[tokio::test]
    async fn given_a_client_that_does_not_read_when_the_write_timeout_ends_then_its_response_is_dropped()
     {
        let dropped = CancellationToken::new();
        let response = dropped.clone();
        let router = Router::new().route("/", get(async move || endless(response.clone())));
        let mut client = std::net::TcpStream::connect(served(router).await).expect("a connection");
        client
            .write_all(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
            .expect("the request");
        tokio::time::timeout(Duration::from_secs(20), dropped.cancelled())
            .await
            .expect("the response is dropped");
    }

    #[tokio::test]
    async fn given_an_ambiguous_request_when_sent_to_any_path_then_400() {
        let router = Router::new().route("/", post(async || ()));
        let address = served(router).await;
        let refused = tokio::task::spawn_blocking(move || {
            for path in ["/", "/nothing", "/health/live", "/health/ready", "/metrics"] {
                for headers in [
                    "Host: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                    "Host: a\r\nHost: b\r\n",
                    "",
                ] {
                    let request = format!("GET {path} HTTP/1.1\r\n{headers}\r\n0\r\n\r\n");
                    let mut client = std::net::TcpStream::connect(address).expect("a connection");
                    client.write_all(request.as_bytes()).expect("the request");
                    let mut status = [0; 12];
                    client.read_exact(&mut status).expect("the response");
                    assert_eq!(&status, b"HTTP/1.1 400", "{path} with {headers:?}");
                }
            }
        });
        refused.await.expect("no panic");
    }

    /// The body exceeds all buffers, so it is refused while it is being sent.
    #[tokio::test]
    async fn given_a_body_that_is_far_too_large_when_it_was_sent_then_413_can_be_read() {
        let router = Router::new().route("/", post(async |_: Bytes| ()));
        let address = served(router).await;
        let status = tokio::task::spawn_blocking(move || {
            let body = vec![b'x'; 10_000_000];
            let mut client = std::net::TcpStream::connect(address).expect("a connection");
            let head = format!(
                "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            client.write_all(head.as_bytes()).expect("the head");
            client.write_all(&body).expect("the body");
            let mut status = [0; 12];
            client.read_exact(&mut status).expect("the response");
            status
        });
        assert_eq!(&status.await.expect("no panic"), b"HTTP/1.1 413");
    }
}
