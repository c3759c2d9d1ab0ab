//! Limits of failed logins and of registrations.

use bson::{Document, doc};
use futures::TryStreamExt as _;
use testkit::{Client, Response, Shop, credentials, eventually, eventually_status};

use super::log_in;

const INCORRECT: &str = "Incorrect e-mail or password";
const WINDOW_SECONDS: u64 = 15 * 60;

/// A client at this network address, as a trusted proxy reports it.
fn client_at(shop: &Shop, address: &str) -> Client {
    shop.anonymous().with_header("x-forwarded-for", address)
}

/// Logs in with the correct password of an account of the development data.
async fn log_in_correctly(client: &Client, email: &str) -> Response {
    log_in(client, email, email).await
}

async fn fail(client: &Client, email: &str, times: usize) {
    for _ in 0..times {
        let response = log_in(client, email, "wrong").await;
        response.expect_detail(401, INCORRECT);
    }
}

/// The Retry-After of a 429 in seconds.
fn retry_after(response: &Response) -> u64 {
    response.expect_problem(429);
    let seconds = response.header("retry-after").expect("Retry-After");
    seconds.parse().expect("seconds")
}

#[tokio::test]
async fn given_many_failed_logins_when_tried_again_then_429_for_that_account_only() {
    let shop = Shop::start().await;
    let client = shop.anonymous();
    fail(&client, "aaa@aaa.com", 10).await;
    let response = log_in(&client, "aaa@aaa.com", "wrong").await;
    response.expect_problem(429);
    log_in_correctly(&client, "bbb@bbb.com").await.expect(200);
}

#[tokio::test]
async fn given_an_account_when_attackers_exhaust_its_limit_then_a_network_of_an_earlier_login_is_counted_separately()
 {
    let shop = Shop::start().await;
    let owner = client_at(&shop, "203.0.113.1");
    let attacker = client_at(&shop, "203.0.113.2");
    let other = client_at(&shop, "203.0.113.3");
    log_in_correctly(&owner, "aaa@aaa.com").await.expect(200);
    // Neither a login to another account nor a failed one makes a network known.
    log_in_correctly(&attacker, "bbb@bbb.com").await.expect(200);
    fail(&attacker, "aaa@aaa.com", 10).await;
    for client in [&attacker, &other] {
        for password in ["wrong", "aaa@aaa.com"] {
            let response = log_in(client, "aaa@aaa.com", password).await;
            response.expect_problem(429);
        }
    }
    log_in_correctly(&owner, "aaa@aaa.com").await.expect(200);
    fail(&owner, "aaa@aaa.com", 10).await;
    let response = log_in_correctly(&owner, "aaa@aaa.com").await;
    response.expect_problem(429);

    let networks = shop.collection("authentication", "known_networks");
    let networks = networks.find(doc! {}).await.expect("finds");
    let networks: Vec<Document> = networks.try_collect().await.expect("reads");
    assert_eq!(networks.len(), 2);
    for network in networks {
        assert!(network.get_datetime("expires_at").is_ok(), "{network}");
        let text = network.to_string();
        assert!(
            !text.contains("203.0.113") && !text.contains("aaa@aaa.com"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn given_many_accounts_when_logins_fail_from_one_address_then_429_for_that_address_only() {
    let shop = Shop::builder()
        .env("authentication", "FAILED_LOGINS_PER_ADDRESS", "3")
        .start()
        .await;
    let attacker = client_at(&shop, "2001:db8::1");
    for email in ["aaa@aaa.com", "admin@admin.com", "nobody@test.example"] {
        fail(&attacker, email, 1).await;
    }
    for address in ["2001:db8::1", "2001:db8::2"] {
        let response = log_in_correctly(&client_at(&shop, address), "bbb@bbb.com").await;
        let seconds = retry_after(&response);
        assert!((1..=WINDOW_SECONDS).contains(&seconds), "{response}");
    }
    let other = client_at(&shop, "2001:db8:0:1::1");
    log_in_correctly(&other, "bbb@bbb.com").await.expect(200);
}

#[tokio::test]
async fn given_too_many_failed_logins_when_the_window_ends_then_the_owner_can_log_in() {
    let shop = Shop::builder()
        .env("authentication", "FAILED_LOGINS_PER_ACCOUNT", "2")
        .env("authentication", "FAILED_LOGIN_WINDOW", "2s")
        .start()
        .await;
    let client = shop.anonymous();
    let rejected = eventually_status("the limit is reached", 429, async || {
        log_in(&client, "aaa@aaa.com", "wrong").await
    })
    .await;
    assert!(retry_after(&rejected) <= 2, "{rejected}");
    eventually("the owner can log in", async || {
        let response = log_in_correctly(&client, "aaa@aaa.com").await;
        match response.status {
            200 => Ok(()),
            429 => Err(response.to_string()),
            _ => panic!("{response}"),
        }
    })
    .await;
}

#[tokio::test]
async fn given_many_registrations_when_sent_from_one_address_then_429_for_that_address_only() {
    let shop = Shop::builder()
        .env("authentication", "REGISTRATIONS_PER_ADDRESS", "2")
        .start()
        .await;
    let register = async |address: &str, email: &str| {
        let account = credentials(email, "correct horse");
        let client = client_at(&shop, address);
        client.post("/api/register", &account).await
    };
    let (limited, other) = ("203.0.113.1", "203.0.113.2");
    register(limited, "one@test.example").await.expect(201);
    // A rejected registration counts too, because it reveals that the e-mail is taken.
    register(limited, "one@test.example").await.expect(400);
    let rejected = register(limited, "two@test.example").await;
    let seconds = retry_after(&rejected);
    assert!((1..=WINDOW_SECONDS).contains(&seconds), "{rejected}");
    register(other, "two@test.example").await.expect(201);
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
        fail(&client(number), &format!("{number}@test.example"), 1).await;
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
        fail(&replicas[number % 2], "aaa@aaa.com", 1).await;
    }
    for replica in replicas {
        let response = log_in(&replica, "aaa@aaa.com", "wrong").await;
        response.expect_problem(429);
    }
}

/// Sends 300 logins concurrently, each for another account.
async fn storm(shop: &Shop, address: impl Fn(usize) -> String) {
    let logins = (0..300).map(async |number| {
        let client = client_at(shop, &address(number));
        let email = format!("{number}@test.example");
        log_in(&client, &email, "wrong").await.status
    });
    let statuses = futures::future::join_all(logins).await;
    let is_expected = |status: &u16| matches!(status, 401 | 429);
    assert!(statuses.iter().all(is_expected), "{statuses:?}");
    assert!(statuses.contains(&429), "none is limited: {statuses:?}");
}

/// Each password hash needs 19 MiB.
#[tokio::test]
async fn given_a_storm_of_logins_when_sent_from_many_addresses_then_memory_is_bounded_and_other_calls_succeed()
 {
    let shop = Shop::start().await;
    let user = shop.user().await;
    let before = shop.peak_memory("authentication");
    let storm = storm(&shop, |number| {
        format!("198.18.{}.{}", number / 250, number % 250)
    });
    let others = async {
        for _ in 0..20 {
            user.get("/api/me").await.expect(200);
            user.get("/api/products").await.expect(200);
        }
    };
    tokio::join!(storm, others);
    let growth = shop.peak_memory("authentication") - before;
    assert!(growth < 100, "300 logins needed {growth} MiB more");
}

#[tokio::test]
async fn given_a_storm_of_logins_when_sent_from_one_address_then_logins_from_others_succeed() {
    let shop = Shop::builder()
        .env("authentication", "FAILED_LOGINS_PER_ADDRESS", "1000")
        .start()
        .await;
    let storm = storm(&shop, |_| "203.0.113.1".to_owned());
    let other = client_at(&shop, "203.0.113.2");
    let others = async {
        for _ in 0..10 {
            log_in_correctly(&other, "aaa@aaa.com").await.expect(200);
        }
    };
    tokio::join!(storm, others);
}
