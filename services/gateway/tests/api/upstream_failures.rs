//! Retries, the circuit breaker and load shedding.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::{any, get};
use serde_json::json;
use testkit::{TIMEOUT, eventually_status, eventually_within};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::support::{Gateway, echo, gateway, unused_address, upstream, upstream_at};

const UNAVAILABLE: &str = "Service unavailable!";

async fn assert_get_unavailable(gateway: &Gateway, path: &str) {
    gateway.get(path).await.expect_detail(503, UNAVAILABLE);
}

/// Starts an upstream that closes the connection when it has read the head of a request. Returns
/// the number of requests.
async fn disconnecting_upstream() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut head = [0; 4096];
            if connection.read(&mut head).await.is_ok_and(|read| read > 0) {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    (address, requests)
}

#[tokio::test]
async fn given_an_upstream_that_disconnects_when_the_method_is_post_or_patch_then_it_is_not_retried()
 {
    let (disconnecting, requests) = disconnecting_upstream().await;
    let (other, other_requests) = disconnecting_upstream().await;
    let gateway = gateway(&[disconnecting, other], &[]).await;
    let admin = gateway.client_of("admin");
    let total = || requests.load(Ordering::SeqCst) + other_requests.load(Ordering::SeqCst);
    let response = admin.post("/api/orders", &json!({})).await;
    response.expect_detail(503, UNAVAILABLE);
    assert_eq!(total(), 1);
    let response = admin.patch("/api/products?name=a", &json!(1)).await;
    response.expect_detail(503, UNAVAILABLE);
    assert_eq!(total(), 2);
}

#[tokio::test]
async fn given_an_upstream_that_disconnects_when_the_method_is_get_then_another_address_is_tried() {
    let (disconnecting, _) = disconnecting_upstream().await;
    let gateway = gateway(&[disconnecting, echo().await], &[]).await;
    for _ in 0..4 {
        gateway.get("/api/products").await.expect(200);
    }
}

#[tokio::test]
async fn given_a_single_address_that_disconnects_when_the_method_is_get_then_it_is_tried_once_more()
{
    let (disconnecting, requests) = disconnecting_upstream().await;
    let gateway = gateway(&[disconnecting], &[]).await;
    assert_get_unavailable(&gateway, "/api/products").await;
    assert_eq!(requests.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn given_two_addresses_when_one_is_unreachable_then_every_call_succeeds() {
    let gateway = gateway(&[unused_address().await, echo().await], &[]).await;
    let user = gateway.client_of("user");
    for _ in 0..20 {
        gateway.get("/api/products").await.expect(200);
        let order = user.post("/api/orders", &json!({ "products": [] })).await;
        assert_eq!(order.expect(200).string("body"), "{\"products\":[]}");
    }
}

#[tokio::test]
async fn given_no_reachable_address_when_called_then_503() {
    let gateway = gateway(&[unused_address().await, unused_address().await], &[]).await;
    assert_get_unavailable(&gateway, "/api/products").await;
    let response = gateway.client.post("/api/login", &json!({})).await;
    response.expect_detail(503, UNAVAILABLE);
}

#[tokio::test]
async fn given_an_upstream_that_hangs_when_the_breaker_has_opened_then_it_is_not_called() {
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&requests);
    let handler = async move || {
        counter.fetch_add(1, Ordering::SeqCst);
        std::future::pending::<()>().await;
    };
    let upstream = upstream(Router::new().route("/api/products", get(handler))).await;
    let settings = [
        "--upstream-timeout",
        "100ms",
        "--breaker-failures",
        "2",
        "--breaker-pause",
        "30s",
    ];
    let gateway = gateway(&[upstream], &settings).await;
    for _ in 0..5 {
        assert_get_unavailable(&gateway, "/api/products").await;
    }
    assert_eq!(
        requests.load(Ordering::SeqCst),
        2,
        "the breaker opens after two failures"
    );
}

#[tokio::test]
async fn given_an_upstream_that_was_down_when_it_recovers_then_calls_succeed_within_a_second() {
    let address = unused_address().await;
    let gateway = gateway(&[address], &[]).await;
    for _ in 0..10 {
        assert_get_unavailable(&gateway, "/api/products").await;
    }
    let router = Router::new().route("/api/products", get(async || "back"));
    upstream_at(address, router).await;
    eventually_within(Duration::from_secs(1), "calls succeed", async || {
        let response = gateway.get("/api/products").await;
        (response.status == 200)
            .then_some(())
            .ok_or(response.to_string())
    })
    .await;
    for _ in 0..10 {
        gateway.get("/api/products").await.expect(200);
    }
}

#[tokio::test]
async fn given_the_maximum_in_flight_when_one_more_call_arrives_then_503_at_once() {
    let (arrived, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let handler = {
        let (arrived, release) = (Arc::clone(&arrived), Arc::clone(&release));
        async move || {
            arrived.notify_one();
            release.notified().await;
        }
    };
    let upstream = upstream(Router::new().fallback(any(handler))).await;
    let gateway = gateway(
        &[upstream],
        &["--upstream-max-in-flight", "1", "--upstream-timeout", "1m"],
    )
    .await;
    let client = gateway.client.clone();
    let first = tokio::spawn(async move { client.get("/api/products_health").await });
    tokio::time::timeout(TIMEOUT, arrived.notified())
        .await
        .unwrap();
    assert_get_unavailable(&gateway, "/api/products_health").await;
    release.notify_one();
    first.await.unwrap().expect(200);
    release.notify_one();
    gateway.get("/api/products_health").await.expect(200);
}

#[tokio::test]
async fn given_a_caller_that_disconnects_when_its_call_is_in_flight_then_another_call_is_admitted()
{
    let arrived = Arc::new(Notify::new());
    let handler = {
        let arrived = Arc::clone(&arrived);
        async move || {
            arrived.notify_one();
            std::future::pending::<()>().await;
        }
    };
    let router = Router::new()
        .route("/api/products", get(handler))
        .route("/api/categories", get(async || "free"));
    let gateway = gateway(
        &[upstream(router).await],
        &["--upstream-max-in-flight", "1", "--upstream-timeout", "1m"],
    )
    .await;
    let client = gateway.client.clone();
    let disconnects = tokio::spawn(async move { client.get("/api/products").await });
    tokio::time::timeout(TIMEOUT, arrived.notified())
        .await
        .unwrap();
    disconnects.abort();
    eventually_status("the call is no longer in flight", 200, async || {
        gateway.get("/api/categories").await
    })
    .await;
}
