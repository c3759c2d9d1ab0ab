//! Whole processes of authentication: counts that replicas share, memory and logs.

use std::collections::BTreeSet;

use serde_json::json;
use testkit::{Client, Shop};

use super::log_in;

/// Logs in with a wrong password.
async fn fail(client: &Client, email: &str) {
    let response = log_in(client, email, "wrong").await;
    response.expect_detail(401, "Incorrect e-mail or password");
}

#[tokio::test]
async fn given_authentication_when_called_directly_then_forwarded_addresses_are_ignored() {
    let shop = Shop::builder()
        .env("authentication", "TRUSTED_PROXIES", "192.0.2.0/24")
        .env("authentication", "FAILED_LOGINS_PER_ADDRESS", "3")
        .start()
        .await;
    let client = |number: usize| {
        let address = format!("203.0.113.{number}");
        shop.direct("authentication")
            .with_header("x-forwarded-for", &address)
    };
    for number in 0..3 {
        fail(&client(number), &format!("{number}@test.example")).await;
    }
    let response = log_in(&client(3), "3@test.example", "wrong").await;
    response.expect_problem(429);
    let log = shop.log("authentication");
    assert!(log.contains("a log-in failed"), "{log}");
    assert!(!log.contains("203.0.113."), "{log}");
}

#[tokio::test]
async fn given_two_replicas_when_logins_fail_at_both_then_they_share_the_count() {
    let shop = Shop::builder().replicas("authentication", 2).start().await;
    let replicas = ["authentication", "authentication-2"].map(|name| shop.direct(name));
    for number in 0..10 {
        fail(&replicas[number % 2], "aaa@aaa.com").await;
    }
    for replica in replicas {
        let response = log_in(&replica, "aaa@aaa.com", "wrong").await;
        response.expect_problem(429);
    }
}

/// Each password hash needs 19 MiB.
#[tokio::test]
async fn given_a_storm_of_logins_when_sent_from_many_addresses_then_memory_is_bounded_and_other_calls_succeed()
 {
    let shop = Shop::start().await;
    let user = shop.user().await;
    let before = shop.peak_memory("authentication");
    let storm = futures::future::join_all((0..200).map(async |number| {
        let address = format!("198.18.0.{number}");
        let client = shop.anonymous().with_header("x-forwarded-for", &address);
        let email = format!("{number}@test.example");
        log_in(&client, &email, "wrong").await.status
    }));
    let others = async {
        for _ in 0..20 {
            user.get("/api/me").await.expect(200);
            user.get("/api/products").await.expect(200);
        }
    };
    let (statuses, ()) = tokio::join!(storm, others);
    let is_expected = |status: &u16| matches!(status, 401 | 429);
    assert!(statuses.iter().all(is_expected), "{statuses:?}");
    assert!(statuses.contains(&429), "none is limited: {statuses:?}");
    let growth = shop.peak_memory("authentication") - before;
    assert!(growth < 100, "200 logins needed {growth} MiB more");
}

#[tokio::test]
async fn given_fifty_concurrent_refreshes_when_sent_to_two_replicas_then_all_get_the_same_token_and_it_works()
 {
    let shop = Shop::builder().replicas("authentication", 2).start().await;
    let client = shop.anonymous();
    let refresh = async |token: &str| {
        let body = json!({ "refresh_token": token });
        client.post("/api/refresh", &body).await
    };
    let session = log_in(&client, "aaa@aaa.com", "aaa@aaa.com").await;
    let token = session.expect(200).string("refresh_token");
    let responses = futures::future::join_all((0..50).map(|_| refresh(&token))).await;
    let successors: BTreeSet<String> = responses
        .into_iter()
        .map(|response| response.expect(200).string("refresh_token"))
        .collect();
    assert_eq!(successors.len(), 1, "{successors:?}");
    for successor in successors {
        refresh(&successor).await.expect(200);
    }
}
