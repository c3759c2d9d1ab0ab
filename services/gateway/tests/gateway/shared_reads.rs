//! Many readers of the same, and the freshness of what they get.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::routing::get;
use futures::future::join_all;
use identity::Role;
use reqwest::StatusCode;

use crate::support::{Gateway, gateway, upstream};

/// A gateway before an upstream that answers with how many reads it has begun to answer.
async fn counting(patience: &str) -> (Gateway, Arc<AtomicUsize>) {
    let reads = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&reads);
    let count = async move || {
        let read = counter.fetch_add(1, Ordering::SeqCst) + 1;
        // Others get their turn between this read and its answer.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        read.to_string()
    };
    let upstream = upstream(Router::new().route("/api/products", get(count))).await;
    (
        gateway(&[upstream], &["--shared-read-patience", patience]).await,
        reads,
    )
}

/// Reads `times` times, and checks that each answer comes from a read that began after its
/// request.
async fn read_freshly(gateway: &Gateway, reads: &AtomicUsize, times: usize) {
    for _ in 0..times {
        let before = reads.load(Ordering::SeqCst);
        let answer = gateway.get("/api/products").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let read: usize = answer.text().await.unwrap().parse().unwrap();
        assert!(
            read > before,
            "the answer of read {read} to a request after read {before}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn given_many_readers_when_they_share_fetches_then_nobody_gets_an_answer_older_than_the_request()
 {
    let (gateway, reads) = counting("1m").await;
    join_all((0..32).map(|_| read_freshly(&gateway, &reads, 50))).await;
    let fetched = reads.load(Ordering::SeqCst);
    assert!(
        fetched < 32 * 50,
        "{fetched} fetches, so nothing was shared"
    );
}

#[tokio::test]
async fn given_no_patience_when_many_read_then_each_fetches() {
    let (gateway, reads) = counting("0s").await;
    join_all((0..8).map(|_| read_freshly(&gateway, &reads, 10))).await;
    assert_eq!(reads.load(Ordering::SeqCst), 80);
}

#[tokio::test]
async fn given_readers_with_tokens_when_they_read_then_each_fetches() {
    let (gateway, reads) = counting("1m").await;
    let token = gateway.token(Role::User);
    join_all((0..20).map(|_| gateway.get("/api/products").bearer_auth(&token).send())).await;
    assert_eq!(reads.load(Ordering::SeqCst), 20);
}

#[tokio::test]
async fn given_a_fetch_that_hangs_when_others_read_the_same_then_they_are_answered() {
    let first = Arc::new(AtomicUsize::new(0));
    let hangs_once = async move || {
        if first.fetch_add(1, Ordering::SeqCst) == 0 {
            std::future::pending::<()>().await;
        }
        "answered"
    };
    let upstream = upstream(Router::new().route("/api/products", get(hangs_once))).await;
    let settings = ["--shared-read-patience", "50ms", "--upstream-timeout", "1m"];
    let gateway = gateway(&[upstream], &settings).await;
    let read = || gateway.get("/api/products").send();
    let (answered, _) = futures::future::select_ok([Box::pin(read()), Box::pin(read())])
        .await
        .unwrap();
    assert_eq!(answered.text().await.unwrap(), "answered");
}

#[tokio::test]
async fn given_answers_that_are_for_one_reader_only_when_many_read_then_none_is_shared() {
    let problem = async |headers: http::HeaderMap| {
        (
            StatusCode::NOT_FOUND,
            [("x-of", headers["x-request-id"].clone())],
        )
    };
    let upstream = upstream(Router::new().route("/api/products", get(problem))).await;
    let gateway = gateway(&[upstream], &["--shared-read-patience", "1m"]).await;
    for answer in join_all((0..20).map(|_| gateway.get("/api/products").send())).await {
        let answer = answer.unwrap();
        assert_eq!(answer.headers()["x-of"], answer.headers()["x-request-id"]);
    }
}
