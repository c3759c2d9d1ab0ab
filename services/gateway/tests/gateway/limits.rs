//! How much and how often.

use reqwest::StatusCode;
use serde_json::Value;

use crate::support::{echo, gateway};

#[tokio::test]
async fn given_bodies_of_all_sizes_when_sent_then_those_beyond_the_limit_get_413_announced_or_not()
{
    let gateway = gateway(&[echo().await], &[]).await;
    let user = gateway.token(identity::Role::User);
    let check = async |size: usize, expected: u16| {
        let body = "x".repeat(size);
        let announced = gateway
            .post("/api/orders")
            .bearer_auth(&user)
            .body(body.clone())
            .send()
            .await
            .unwrap();
        assert_eq!(announced.status().as_u16(), expected, "{size}");
        let pieces = body
            .into_bytes()
            .chunks(1000)
            .map(<[u8]>::to_vec)
            .collect::<Vec<_>>();
        let pieces = futures::stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>));
        let chunked = gateway.post("/api/orders").bearer_auth(&user);
        let chunked = chunked
            .body(reqwest::Body::wrap_stream(pieces))
            .send()
            .await
            .unwrap();
        assert_eq!(chunked.status().as_u16(), expected, "{size} in pieces");
        let answer: Value = chunked.json().await.unwrap();
        if expected == 200 {
            assert_eq!(answer["length"], size);
        } else {
            assert_eq!(answer["type"], "/problems/body-too-large");
        }
    };
    check(0, 200).await;
    check(64 * 1024, 200).await;
    check(64 * 1024 + 1, 413).await;
    check(1024 * 1024, 413).await;
}

#[tokio::test]
async fn given_a_rate_limit_when_a_client_exceeds_it_then_429_for_it_alone() {
    let gateway = gateway(&[echo().await], &["--rate-limit-per-second", "2"]).await;
    let ask = async |client: &str| {
        gateway
            .get("/api/products")
            .header("X-Forwarded-For", client)
            .send()
            .await
            .unwrap()
    };
    let statuses: Vec<StatusCode> = futures::future::join_all((0..10).map(|_| ask("203.0.113.1")))
        .await
        .iter()
        .map(reqwest::Response::status)
        .collect();
    assert!(statuses.contains(&StatusCode::OK));
    assert!(statuses.contains(&StatusCode::TOO_MANY_REQUESTS));
    let refused = loop {
        let answer = ask("203.0.113.1").await;
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            break answer;
        }
    };
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_eq!(
        refused.headers()["content-type"],
        "application/problem+json"
    );
    assert_eq!(ask("203.0.113.2").await.status(), StatusCode::OK);
}
