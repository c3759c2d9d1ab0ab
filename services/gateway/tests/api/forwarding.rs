//! Forwarding of requests, responses and event streams.

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::{CONNECTION, CONTENT_TYPE, ETAG, RETRY_AFTER};
use serde_json::json;
use testkit::{EventStream, Method, TIMEOUT};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::support::{Gateway, echo, gateway, upstream};

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

async fn open_stream(gateway: &Gateway) -> EventStream {
    let user = gateway.client_of("user");
    user.stream("/api/orders/events", None).await
}

#[tokio::test]
async fn given_an_event_stream_when_events_are_sent_then_each_arrives_at_once_and_the_stream_outlives_the_timeout()
 {
    let (upstream, events) = event_stream_upstream().await;
    let settings = [
        "--upstream-timeout",
        "200ms",
        "--upstream-max-in-flight",
        "1",
    ];
    let gateway = gateway(&[upstream], &settings).await;
    let mut stream = open_stream(&gateway).await;
    events.try_send(Ok("data: 1\n\n")).unwrap();
    assert_eq!(stream.next(TIMEOUT).await.data, "1");
    // This call times out, so the timeout has passed for the stream too. The call was admitted, so
    // the stream does not count as in flight.
    gateway.get("/api/products").await.expect(503);
    events.try_send(Ok("data: 2\n\n")).unwrap();
    assert_eq!(stream.next(TIMEOUT).await.data, "2");
    drop(events);
    assert!(stream.read_to_end(TIMEOUT).await.is_empty());
}

#[tokio::test]
async fn given_a_subscriber_that_disconnects_when_its_stream_is_open_then_the_upstream_is_notified()
{
    let (upstream, events) = event_stream_upstream().await;
    let gateway = gateway(&[upstream], &[]).await;
    drop(open_stream(&gateway).await);
    events.closed().await;
}

#[tokio::test]
async fn given_a_request_when_forwarded_then_target_body_and_end_to_end_headers_are_unchanged() {
    let gateway = gateway(&[echo().await], &[]).await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let client = gateway
        .client_of("user")
        .with_header("Idempotency-Key", "k-1")
        .with_header("X-Request-Id", "my-id")
        .with_header("traceparent", trace);
    let target = "/api/orders?a=%2F%20b&c=%C3%BC";
    let response = client.post(target, &json!({ "products": [] })).await;
    assert_eq!(response.header("x-request-id"), Some("my-id"));
    let seen = response.json();
    assert_eq!(seen["method"], "POST");
    assert_eq!(seen["target"], target);
    assert_eq!(seen["body"], "{\"products\":[]}");
    assert_eq!(seen["headers"]["idempotency-key"], "k-1");
    assert_eq!(seen["headers"]["x-request-id"], "my-id");
    assert_eq!(seen["headers"]["traceparent"], trace);
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
    let client = gateway
        .client
        .with_header("Connection", "x-once, x-request-id");
    let client = forged.iter().fold(client, |client, (name, value)| {
        client.with_header(name, value)
    });
    let seen = client.get("/api/products").await.json();
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
    for (settings, address, scheme) in [
        (&[][..], "203.0.113.9", "https"),
        (
            &["--trusted-proxies", "10.0.0.0/8"][..],
            "127.0.0.1",
            "http",
        ),
    ] {
        let gateway = gateway(&[echo().await], settings).await;
        let client = gateway
            .client
            .with_header("X-Forwarded-For", "6.6.6.6, 203.0.113.9")
            .with_header("X-Forwarded-Proto", "https");
        let headers = client.get("/api/products").await.json()["headers"].take();
        assert_eq!(headers["x-forwarded-for"], address);
        assert_eq!(headers["x-forwarded-proto"], scheme);
    }
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
        let hop_by_hop = [("x-once", "1"), ("keep-alive", "timeout=9")];
        (StatusCode::CONFLICT, headers, hop_by_hop, "{}").into_response()
    };
    let upstream = upstream(Router::new().route("/api/products", get(respond))).await;
    let gateway = gateway(&[upstream], &[]).await;
    let response = gateway.get("/api/products").await.expect(409);
    for (name, value) in [
        ("etag", Some("\"1\"")),
        ("retry-after", Some("7")),
        ("content-type", Some("application/problem+json")),
        ("x-once", None),
        ("keep-alive", None),
    ] {
        assert_eq!(response.header(name), value, "{name}");
    }
    assert_eq!(response.text(), "{}");
}

#[tokio::test]
async fn given_a_head_request_when_answered_then_it_has_the_headers_of_get_and_no_body() {
    let gateway = gateway(&[echo().await], &[]).await;
    let response = gateway.client.send(Method::HEAD, "/api/products", None);
    let response = response.await.expect(200);
    let length = response.header("content-length").unwrap();
    assert!(length.parse::<u64>().unwrap() > 0);
    assert!(response.body.is_empty());
}

#[tokio::test]
async fn given_an_open_event_stream_when_the_gateway_shuts_down_then_the_stream_ends_cleanly() {
    let (upstream, events) = event_stream_upstream().await;
    let gateway = gateway(&[upstream], &[]).await;
    let mut stream = open_stream(&gateway).await;
    events.try_send(Ok("data: 1\n\n")).unwrap();
    assert_eq!(stream.next(TIMEOUT).await.data, "1");
    drop(gateway);
    assert!(stream.read_to_end(TIMEOUT).await.is_empty());
}
