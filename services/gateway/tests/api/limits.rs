//! Body limits and rate limits.

use futures::future::join_all;
use testkit::{Body, Method};

use crate::support::{echo, gateway};

#[tokio::test]
async fn given_bodies_of_all_sizes_when_sent_then_those_over_the_limit_get_413() {
    let gateway = gateway(&[echo().await], &[]).await;
    let user = gateway.client_of("user");
    let send = async |body: Body| {
        let json = "application/json";
        user.send_bytes(Method::POST, "/api/orders", json, body)
            .await
    };
    for (size, expected) in [
        (0, 200),
        (64 * 1024, 200),
        (64 * 1024 + 1, 413),
        (1024 * 1024, 413),
    ] {
        let body = vec![b'x'; size];
        let chunks: Vec<_> = body.chunks(1000).map(|chunk| Ok(chunk.to_vec())).collect();
        let chunks = futures::stream::iter::<Vec<std::io::Result<_>>>(chunks);
        for body in [body.into(), Body::wrap_stream(chunks)] {
            let response = send(body).await.expect(expected).json();
            if expected == 200 {
                assert_eq!(response["length"], size);
            } else {
                assert_eq!(response["type"], "/problems/body-too-large");
            }
        }
    }
}

#[tokio::test]
async fn given_a_rate_limit_when_a_client_exceeds_it_then_only_that_client_gets_429() {
    let gateway = gateway(&[echo().await], &["--rate-limit-per-second", "2"]).await;
    let get = async |address: &str| {
        let client = gateway.client.with_header("X-Forwarded-For", address);
        client.get("/api/products").await
    };
    let responses = join_all((0..100).map(|_| get("203.0.113.1"))).await;
    let (refused, others): (Vec<_>, Vec<_>) = responses
        .iter()
        .partition(|response| response.status == 429);
    assert!(others.iter().all(|response| response.status == 200));
    assert!(!others.is_empty(), "none was accepted");
    assert!(refused.len() >= 50, "{} were refused", refused.len());
    refused[0].expect_problem(429);
    assert_eq!(refused[0].header("retry-after"), Some("1"));
    get("203.0.113.2").await.expect(200);
}
