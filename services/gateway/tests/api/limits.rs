//! Body limits and rate limits.

use reqwest::StatusCode;
use serde_json::Value;

use crate::support::{echo, gateway};

#[tokio::test]
async fn given_bodies_of_all_sizes_when_sent_then_those_over_the_limit_get_413() {
    let gateway = gateway(&[echo().await], &[]).await;
    let user = gateway.token(identity::Role::User);
    let check = async |size: usize, expected: u16| {
        let body = "x".repeat(size);
        let sized = gateway
            .post("/api/orders")
            .bearer_auth(&user)
            .body(body.clone())
            .send()
            .await
            .unwrap();
        assert_eq!(sized.status().as_u16(), expected, "{size}");
        let chunks: Vec<_> = body.as_bytes().chunks(1000).map(<[u8]>::to_vec).collect();
        let chunks = futures::stream::iter(chunks.into_iter().map(Ok::<_, std::io::Error>));
        let chunked = gateway.post("/api/orders").bearer_auth(&user);
        let chunked = chunked.body(reqwest::Body::wrap_stream(chunks));
        let chunked = chunked.send().await.unwrap();
        assert_eq!(chunked.status().as_u16(), expected, "{size} chunked");
        let response: Value = chunked.json().await.unwrap();
        if expected == 200 {
            assert_eq!(response["length"], size);
        } else {
            assert_eq!(response["type"], "/problems/body-too-large");
        }
    };
    check(0, 200).await;
    check(64 * 1024, 200).await;
    check(64 * 1024 + 1, 413).await;
    check(1024 * 1024, 413).await;
}

#[tokio::test]
async fn given_a_rate_limit_when_a_client_exceeds_it_then_only_that_client_gets_429() {
    let gateway = gateway(&[echo().await], &["--rate-limit-per-second", "2"]).await;
    let get = async |client: &str| {
        gateway
            .get("/api/products")
            .header("X-Forwarded-For", client)
            .send()
            .await
            .unwrap()
    };
    let statuses: Vec<StatusCode> = futures::future::join_all((0..10).map(|_| get("203.0.113.1")))
        .await
        .iter()
        .map(reqwest::Response::status)
        .collect();
    assert!(statuses.contains(&StatusCode::OK));
    assert!(statuses.contains(&StatusCode::TOO_MANY_REQUESTS));
    let refused = loop {
        let response = get("203.0.113.1").await;
        if response.status() == StatusCode::TOO_MANY_REQUESTS {
            break response;
        }
    };
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_eq!(
        refused.headers()["content-type"],
        "application/problem+json"
    );
    assert_eq!(get("203.0.113.2").await.status(), StatusCode::OK);
}
