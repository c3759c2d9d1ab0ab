//! What happens when an upstream does not answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::{any, get};
use identity::Role;
use reqwest::{Response, StatusCode};
use serde_json::Value;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::support::{PATIENCE, echo, gateway, nobody, upstream, upstream_at};

async fn assert_unavailable(answer: Response) {
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers().contains_key("retry-after"));
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["detail"], "Service unavailable!");
}

/// An upstream that dies, as far as a caller can see, once it has read the head of a request.
async fn dies_mid_request() -> (SocketAddr, Arc<AtomicUsize>) {
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
async fn given_an_upstream_that_dies_mid_request_when_it_was_a_post_or_patch_then_it_is_not_repeated()
 {
    let (dying, requests) = dies_mid_request().await;
    let (other, other_requests) = dies_mid_request().await;
    let gateway = gateway(&[dying, other], &[]).await;
    let admin = gateway.token(Role::Admin);
    let total = || requests.load(Ordering::SeqCst) + other_requests.load(Ordering::SeqCst);
    assert_unavailable(
        gateway
            .post("/api/orders")
            .bearer_auth(&admin)
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(total(), 1);
    let patch = gateway
        .client
        .patch(gateway.url("/api/products?name=a"))
        .json(&1);
    assert_unavailable(patch.bearer_auth(&admin).send().await.unwrap()).await;
    assert_eq!(total(), 2);
}

#[tokio::test]
async fn given_an_upstream_that_dies_mid_request_when_it_was_a_get_then_another_address_answers() {
    let (dying, _) = dies_mid_request().await;
    let gateway = gateway(&[dying, echo().await], &[]).await;
    for _ in 0..4 {
        assert_eq!(
            gateway.get("/api/products").send().await.unwrap().status(),
            StatusCode::OK
        );
    }
}

#[tokio::test]
async fn given_one_address_that_dies_mid_request_when_it_was_a_get_then_it_is_tried_once_more() {
    let (dying, requests) = dies_mid_request().await;
    let gateway = gateway(&[dying], &[]).await;
    assert_unavailable(gateway.get("/api/products").send().await.unwrap()).await;
    assert_eq!(requests.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn given_two_addresses_with_one_dead_when_called_then_every_call_is_answered() {
    let gateway = gateway(&[nobody().await, echo().await], &[]).await;
    let user = gateway.token(Role::User);
    for _ in 0..20 {
        assert_eq!(
            gateway.get("/api/products").send().await.unwrap().status(),
            StatusCode::OK
        );
        let order = gateway
            .post("/api/orders")
            .bearer_auth(&user)
            .body("{\"products\":[]}");
        let order = order.send().await.unwrap();
        assert_eq!(order.status(), StatusCode::OK);
        assert_eq!(
            order.json::<Value>().await.unwrap()["body"],
            "{\"products\":[]}"
        );
    }
}

#[tokio::test]
async fn given_nobody_at_any_address_when_called_then_503() {
    let gateway = gateway(&[nobody().await, nobody().await], &[]).await;
    assert_unavailable(gateway.get("/api/products").send().await.unwrap()).await;
    assert_unavailable(gateway.post("/api/login").send().await.unwrap()).await;
}

#[tokio::test]
async fn given_an_upstream_that_hangs_when_it_has_failed_often_enough_then_it_is_spared_until_it_is_back()
 {
    let hangs = Arc::new(AtomicBool::new(true));
    let requests = Arc::new(AtomicUsize::new(0));
    let handler = {
        let (hangs, requests) = (Arc::clone(&hangs), Arc::clone(&requests));
        async move || {
            requests.fetch_add(1, Ordering::SeqCst);
            if hangs.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
        }
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
        assert_unavailable(gateway.get("/api/products").send().await.unwrap()).await;
    }
    assert_eq!(requests.load(Ordering::SeqCst), 2, "open after two");
}

#[tokio::test]
async fn given_an_upstream_that_was_away_when_it_is_back_then_calls_succeed_within_a_second() {
    let address = nobody().await;
    let gateway = gateway(&[address], &[]).await;
    for _ in 0..10 {
        assert_unavailable(gateway.get("/api/products").send().await.unwrap()).await;
    }
    upstream_at(
        address,
        Router::new().route("/api/products", get(async || "back")),
    )
    .await;
    let back = Instant::now();
    while gateway.get("/api/products").send().await.unwrap().status() != StatusCode::OK {
        assert!(back.elapsed() < Duration::from_secs(1));
    }
    for _ in 0..10 {
        assert_eq!(
            gateway.get("/api/products").send().await.unwrap().status(),
            StatusCode::OK
        );
    }
}

#[tokio::test]
async fn given_as_many_waiting_calls_as_allowed_when_one_more_comes_then_it_is_shed_at_once() {
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
    let first = tokio::spawn(gateway.get("/api/products_health").send());
    tokio::time::timeout(PATIENCE, arrived.notified())
        .await
        .unwrap();
    assert_unavailable(gateway.get("/api/products_health").send().await.unwrap()).await;
    release.notify_one();
    assert_eq!(first.await.unwrap().unwrap().status(), StatusCode::OK);
    release.notify_one();
    assert_eq!(
        gateway
            .get("/api/products_health")
            .send()
            .await
            .unwrap()
            .status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn given_callers_that_leave_when_they_had_a_place_then_it_is_free_again() {
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
    let leaves = tokio::spawn(gateway.get("/api/products").send());
    tokio::time::timeout(PATIENCE, arrived.notified())
        .await
        .unwrap();
    leaves.abort();
    let until = Instant::now() + PATIENCE;
    while gateway
        .get("/api/categories")
        .send()
        .await
        .unwrap()
        .status()
        != StatusCode::OK
    {
        assert!(Instant::now() < until, "the place is still taken");
    }
}
