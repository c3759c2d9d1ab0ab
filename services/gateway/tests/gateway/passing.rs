//! What passes, and how.

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::StreamExt as _;
use http::header::{CONNECTION, CONTENT_TYPE, ETAG, RETRY_AFTER};
use identity::Role;
use reqwest::StatusCode;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;

use crate::support::{echo, gateway, upstream};

type Events = mpsc::UnboundedSender<Result<&'static str, Infallible>>;

/// An upstream with one event stream, and a way to send events; `/api/products` never answers.
async fn one_stream() -> (std::net::SocketAddr, Events) {
    let (events, stream) = mpsc::unbounded_channel();
    let stream = std::sync::Mutex::new(Some(stream));
    let stream = std::sync::Arc::new(stream);
    let open = async move || {
        let stream = stream.lock().unwrap().take().expect("one stream");
        let body = Body::from_stream(UnboundedReceiverStream::new(stream));
        ([(CONTENT_TYPE, "text/event-stream")], body)
    };
    let router = Router::new().route("/api/orders/events", get(open)).route(
        "/api/products",
        get(async || std::future::pending::<()>().await),
    );
    (upstream(router).await, events)
}

#[tokio::test]
async fn given_an_event_stream_when_events_happen_then_each_arrives_at_once_and_the_stream_outlives_the_timeout()
 {
    let (upstream, events) = one_stream().await;
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
    let stream = gateway
        .get("/api/orders/events")
        .bearer_auth(gateway.token(Role::User));
    let stream = stream.send().await.unwrap();
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let mut stream = stream.bytes_stream();

    events.send(Ok("data: 1\n\n")).unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap(), "data: 1\n\n");
    // That this call times out shows that the time is over; that it has a place, that the
    // stream takes none.
    let late = gateway.get("/api/products").send().await.unwrap();
    assert_eq!(late.status(), StatusCode::SERVICE_UNAVAILABLE);
    events.send(Ok("data: 2\n\n")).unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap(), "data: 2\n\n");
    drop(events);
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn given_a_listener_that_leaves_when_its_stream_is_open_then_the_upstream_notices() {
    let (upstream, events) = one_stream().await;
    let gateway = gateway(&[upstream], &[]).await;
    let stream = gateway
        .get("/api/orders/events")
        .bearer_auth(gateway.token(Role::User));
    let stream = stream.send().await.unwrap();
    drop(stream);
    events.closed().await;
}

#[tokio::test]
async fn given_a_request_when_it_is_passed_on_then_target_body_and_end_to_end_headers_are_the_same()
{
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
    let answer = sent.send().await.unwrap();
    assert_eq!(answer.headers()["x-request-id"], "my-id");
    let seen: Value = answer.json().await.unwrap();
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
async fn given_headers_a_caller_may_not_send_when_passed_on_then_they_are_gone() {
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
        "the gateway's own stays"
    );
}

#[tokio::test]
async fn given_a_claimed_address_when_its_proxy_is_not_trusted_then_the_real_one_is_passed_on() {
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
async fn given_an_upstreams_answer_when_passed_back_then_all_but_its_connections_headers_are_the_same()
 {
    let answer = async || -> Response {
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
    let gateway = gateway(
        &[upstream(Router::new().route("/api/products", get(answer))).await],
        &[],
    )
    .await;
    let answer = gateway.get("/api/products").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    assert_eq!(answer.headers()["etag"], "\"1\"");
    assert_eq!(answer.headers()["retry-after"], "7");
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    for name in ["x-once", "keep-alive"] {
        assert!(!answer.headers().contains_key(name), "{name}");
    }
    assert_eq!(answer.text().await.unwrap(), "{}");
}

#[tokio::test]
async fn given_a_head_request_when_answered_then_it_is_the_get_without_its_body() {
    let gateway = gateway(&[echo().await], &[]).await;
    let answer = gateway
        .client
        .head(gateway.url("/api/products"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let length: u64 = answer.headers()["content-length"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(length > 0);
    assert_eq!(answer.bytes().await.unwrap().len(), 0);
}

#[tokio::test]
async fn given_an_open_event_stream_when_the_gateway_stops_then_it_ends_well_and_soon() {
    let (upstream, events) = one_stream().await;
    let gateway = gateway(&[upstream], &[]).await;
    let stream = gateway
        .get("/api/orders/events")
        .bearer_auth(gateway.token(Role::User));
    let mut stream = stream.send().await.unwrap().bytes_stream();
    events.send(Ok("data: 1\n\n")).unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap(), "data: 1\n\n");

    drop(gateway);
    let end = tokio::time::timeout(crate::support::PATIENCE, stream.next()).await;
    assert!(end.expect("it ends").is_none(), "and is not cut");
}
