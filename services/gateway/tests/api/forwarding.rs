//! Forwarding of requests, responses and event streams.

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::StreamExt as _;
use http::header::{CONNECTION, CONTENT_TYPE, ETAG, RETRY_AFTER};
use identity::Role;
use reqwest::{Method, Response as ClientResponse, StatusCode};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::support::{Gateway, TIMEOUT, echo, gateway, upstream};

type Events = mpsc::Sender<Result<&'static str, Infallible>>;

/// Starts an upstream with one event stream and returns a sender of its events. `/api/products`
/// never responds.
async fn event_stream_upstream() -> (std::net::SocketAddr, Events) {
    let (events, stream) = mpsc::channel(8);
    let stream = std::sync::Mutex::new(Some(stream));
    let stream = std::sync::Arc::new(stream);
    let open = async move || {
        let stream = stream.lock().unwrap().take().expect("one stream");
        let body = Body::from_stream(ReceiverStream::new(stream));
        ([(CONTENT_TYPE, "text/event-stream")], body)
    };
    let router = Router::new().route("/api/orders/events", get(open)).route(
        "/api/products",
        get(async || std::future::pending::<()>().await),
    );
    (upstream(router).await, events)
}

async fn open_stream(gateway: &Gateway) -> ClientResponse {
    let request = gateway.get("/api/orders/events");
    let request = request.bearer_auth(gateway.token(Role::User));
    request.send().await.unwrap()
}

#[tokio::test]
async fn given_an_event_stream_when_events_are_sent_then_each_arrives_at_once_and_the_stream_outlives_the_timeout()
 {
    let (upstream, events) = event_stream_upstream().await;
    let gateway = gateway(
        &[upstream],
        &[
            "--upstream-timeout",
            "200ms",
            "--upstream-max-in-flight",
            "1",
        ],
    )
    .await;
    let stream = open_stream(&gateway).await;
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let mut stream = stream.bytes_stream();

    events.try_send(Ok("data: 1\n\n")).unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap(), "data: 1\n\n");
    // This call times out, so the timeout has passed for the stream too. The call was admitted, so
    // the stream does not count as in flight.
    let late = gateway.get_status("/api/products").await;
    assert_eq!(late, StatusCode::SERVICE_UNAVAILABLE);
    events.try_send(Ok("data: 2\n\n")).unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap(), "data: 2\n\n");
    drop(events);
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn given_a_subscriber_that_disconnects_when_its_stream_is_open_then_the_upstream_is_notified()
{
    let (upstream, events) = event_stream_upstream().await;
    let gateway = gateway(&[upstream], &[]).await;
    let stream = open_stream(&gateway).await;
    drop(stream);
    events.closed().await;
}

#[tokio::test]
async fn given_a_request_when_forwarded_then_target_body_and_end_to_end_headers_are_unchanged() {
    let gateway = gateway(&[echo().await], &[]).await;
    let sent = gateway
        .post("/api/orders?a=%2F%20b&c=%C3%BC")
        .bearer_auth(gateway.token(Role::User))
        .header("Idempotency-Key", "k-1")
        .header("X-Request-Id", "my-id")
        .header(
            "traceparent",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        )
        .body("{\"products\":[]}");
    let response = sent.send().await.unwrap();
    assert_eq!(response.headers()["x-request-id"], "my-id");
    let seen: Value = response.json().await.unwrap();
    assert_eq!(seen["method"], "POST");
    assert_eq!(seen["target"], "/api/orders?a=%2F%20b&c=%C3%BC");
    assert_eq!(seen["body"], "{\"products\":[]}");
    assert_eq!(seen["headers"]["idempotency-key"], "k-1");
    assert_eq!(seen["headers"]["x-request-id"], "my-id");
    assert_eq!(
        seen["headers"]["traceparent"],
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    );
    assert_eq!(seen["headers"]["content-type"], "application/json");
}

#[tokio::test]
async fn given_headers_that_a_caller_must_not_set_when_forwarded_then_they_are_removed() {
    let gateway = gateway(&[echo().await], &[]).await;
    let forged = [
        ("X-User-Email", "admin@admin.com"),
        ("X-User-Role", "admin"),
        ("X-Authenticated-User", "admin"),
        ("Forwarded", "for=6.6.6.6"),
        ("X-Real-IP", "6.6.6.6"),
        ("TE", "trailers"),
        ("Keep-Alive", "timeout=5"),
        ("Proxy-Authorization", "Basic YTpi"),
        ("Upgrade", "websocket"),
        ("X-Once", "1"),
    ];
    let request = gateway
        .get("/api/products")
        .header(CONNECTION, "x-once, x-request-id");
    let request = forged.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    let seen: Value = request.send().await.unwrap().json().await.unwrap();
    for (name, _) in forged {
        assert!(
            seen["headers"].get(name.to_lowercase()).is_none(),
            "{name} in {seen}"
        );
    }
    assert!(
        seen["headers"]["x-request-id"].is_string(),
        "the gateway's own request id stays"
    );
}

#[tokio::test]
async fn given_a_claimed_client_address_when_the_proxy_is_not_trusted_then_the_peer_address_is_forwarded()
 {
    let seen = async |settings: &[&str]| -> Value {
        let gateway = gateway(&[echo().await], settings).await;
        let request = gateway
            .get("/api/products")
            .header("X-Forwarded-For", "6.6.6.6, 203.0.113.9");
        let request = request.header("X-Forwarded-Proto", "https");
        request.send().await.unwrap().json().await.unwrap()
    };
    let trusted = seen(&[]).await;
    assert_eq!(trusted["headers"]["x-forwarded-for"], "203.0.113.9");
    assert_eq!(trusted["headers"]["x-forwarded-proto"], "https");
    let untrusted = seen(&["--trusted-proxies", "10.0.0.0/8"]).await;
    assert_eq!(untrusted["headers"]["x-forwarded-for"], "127.0.0.1");
    assert_eq!(untrusted["headers"]["x-forwarded-proto"], "http");
}

#[tokio::test]
async fn given_an_upstreams_response_when_returned_then_only_hop_by_hop_headers_are_removed() {
    let respond = async || -> Response {
        let headers = [
            (ETAG, "\"1\""),
            (RETRY_AFTER, "7"),
            (CONTENT_TYPE, "application/problem+json"),
            (CONNECTION, "x-once"),
        ];
        (
            StatusCode::CONFLICT,
            headers,
            [("x-once", "1"), ("keep-alive", "timeout=9")],
            "{}",
        )
            .into_response()
    };
    let upstream = upstream(Router::new().route("/api/products", get(respond))).await;
    let gateway = gateway(&[upstream], &[]).await;
    let response = gateway.get("/api/products").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::CONFLICT);
    assert_eq!(response.headers()["etag"], "\"1\"");
    assert_eq!(response.headers()["retry-after"], "7");
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
    for name in ["x-once", "keep-alive"] {
        assert!(!response.headers().contains_key(name), "{name}");
    }
    assert_eq!(response.text().await.unwrap(), "{}");
}

#[tokio::test]
async fn given_a_head_request_when_answered_then_it_has_the_headers_of_get_and_no_body() {
    let gateway = gateway(&[echo().await], &[]).await;
    let head = gateway.request(Method::HEAD, "/api/products");
    let response = head.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let length: u64 = response.headers()["content-length"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(length > 0);
    assert_eq!(response.bytes().await.unwrap().len(), 0);
}

#[tokio::test]
async fn given_an_open_event_stream_when_the_gateway_shuts_down_then_the_stream_ends_cleanly() {
    let (upstream, events) = event_stream_upstream().await;
    let gateway = gateway(&[upstream], &[]).await;
    let mut stream = open_stream(&gateway).await.bytes_stream();
    events.try_send(Ok("data: 1\n\n")).unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap(), "data: 1\n\n");

    drop(gateway);
    let end = tokio::time::timeout(TIMEOUT, stream.next()).await;
    assert!(
        end.expect("the stream ends").is_none(),
        "the stream was cut"
    );
}
