//! Shared fetches of the catalogue, and the freshness of their responses.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::routing::get;
use futures::future::{join_all, select};
use http::StatusCode;

use crate::support::{Gateway, gateway, upstream};

/// Starts a gateway with an upstream that responds with the number of requests that it has received.
async fn counting_gateway(timeout: &str) -> (Gateway, Arc<AtomicUsize>) {
    let reads = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&reads);
    let count = async move || {
        let read = counter.fetch_add(1, Ordering::SeqCst) + 1;
        // Other reads run between this read and its response.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        read.to_string()
    };
    let upstream = upstream(Router::new().route("/api/products", get(count))).await;
    (
        gateway(&[upstream], &["--shared-read-timeout", timeout]).await,
        reads,
    )
}

/// Reads `times` times, and checks that each response comes from a fetch that began after the
/// request.
async fn read_freshly(gateway: &Gateway, reads: &AtomicUsize, times: usize) {
    for _ in 0..times {
        let before = reads.load(Ordering::SeqCst);
        let response = gateway.get("/api/products").await.expect(200);
        let read: usize = response.text().parse().unwrap();
        assert!(
            read > before,
            "the response of fetch {read} to a request after fetch {before}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn given_many_readers_when_they_share_fetches_then_no_response_is_older_than_its_request() {
    let (gateway, reads) = counting_gateway("1m").await;
    join_all((0..32).map(|_| read_freshly(&gateway, &reads, 50))).await;
    let fetched = reads.load(Ordering::SeqCst);
    assert!(
        fetched < 32 * 50,
        "{fetched} fetches, so nothing was shared"
    );
}

#[tokio::test]
async fn given_a_timeout_of_zero_when_many_read_then_no_fetch_is_shared() {
    let (gateway, reads) = counting_gateway("0s").await;
    join_all((0..8).map(|_| read_freshly(&gateway, &reads, 10))).await;
    assert_eq!(reads.load(Ordering::SeqCst), 80);
}

#[tokio::test]
async fn given_readers_with_a_token_when_they_read_then_no_fetch_is_shared() {
    let (gateway, reads) = counting_gateway("1m").await;
    let user = gateway.client_of("user");
    join_all((0..20).map(|_| user.get("/api/products"))).await;
    assert_eq!(reads.load(Ordering::SeqCst), 20);
}

#[tokio::test]
async fn given_a_fetch_that_hangs_when_others_read_the_same_resource_then_they_are_answered() {
    let first = Arc::new(AtomicUsize::new(0));
    let hangs_once = async move || {
        if first.fetch_add(1, Ordering::SeqCst) == 0 {
            std::future::pending::<()>().await;
        }
        "answered"
    };
    let upstream = upstream(Router::new().route("/api/products", get(hangs_once))).await;
    let settings = ["--shared-read-timeout", "50ms", "--upstream-timeout", "1m"];
    let gateway = gateway(&[upstream], &settings).await;
    let read = || Box::pin(gateway.get("/api/products"));
    let (answered, _) = select(read(), read()).await.factor_first();
    assert_eq!(answered.text(), "answered");
}

#[tokio::test]
async fn given_error_responses_when_many_read_then_none_is_shared() {
    let problem = async |headers: http::HeaderMap| {
        (
            StatusCode::NOT_FOUND,
            [("x-of", headers["x-request-id"].clone())],
        )
    };
    let upstream = upstream(Router::new().route("/api/products", get(problem))).await;
    let gateway = gateway(&[upstream], &["--shared-read-timeout", "1m"]).await;
    for response in join_all((0..20).map(|_| gateway.get("/api/products"))).await {
        assert_eq!(response.header("x-of"), response.header("x-request-id"));
    }
}
