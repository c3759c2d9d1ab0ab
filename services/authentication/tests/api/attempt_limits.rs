//! Limits of failed log-ins and of registrations.

use std::time::Duration;

use bson::doc;
use testkit::{
    Client, Response, SingleService, credentials, eventually, eventually_status, operations,
};

use crate::support::{start_with, stored};

const INCORRECT: &str = "Incorrect e-mail or password";
const WINDOW_SECONDS: u64 = 15 * 60;

/// Starts the service with development accounts, whose passwords are their e-mails.
async fn start(settings: &[(&str, &str)]) -> SingleService {
    start_with(&[&[("SEED_DATA", "true")][..], settings].concat()).await
}

/// A client at this network address, as a trusted proxy reports it.
fn client_at(service: &SingleService, address: &str) -> Client {
    service.client.with_header("x-forwarded-for", address)
}

async fn log_in(client: &Client, email: &str, password: &str) -> Response {
    let body = credentials(email, password);
    client.post("/api/login", &body).await
}

/// Logs in with the correct password of a development account.
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
    let service = start(&[]).await;
    let client = &service.client;
    fail(client, "aaa@aaa.com", 10).await;
    let response = log_in(client, "aaa@aaa.com", "wrong").await;
    response.expect_problem(429);
    log_in_correctly(client, "bbb@bbb.com").await.expect(200);
}

#[tokio::test]
async fn given_an_account_when_attackers_exhaust_its_limit_then_a_network_of_an_earlier_login_is_counted_separately()
 {
    let service = start(&[]).await;
    let owner = client_at(&service, "203.0.113.1");
    let attacker = client_at(&service, "203.0.113.2");
    let other = client_at(&service, "203.0.113.3");
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

    let networks = stored(&service, "known_networks").await;
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
    let service = start(&[("FAILED_LOGINS_PER_ADDRESS", "3")]).await;
    let attacker = client_at(&service, "2001:db8::1");
    for email in ["aaa@aaa.com", "admin@admin.com", "nobody@test.example"] {
        fail(&attacker, email, 1).await;
    }
    for address in ["2001:db8::1", "2001:db8::2"] {
        let response = log_in_correctly(&client_at(&service, address), "bbb@bbb.com").await;
        let seconds = retry_after(&response);
        assert!((1..=WINDOW_SECONDS).contains(&seconds), "{response}");
    }
    let other = client_at(&service, "2001:db8:0:1::1");
    log_in_correctly(&other, "bbb@bbb.com").await.expect(200);
}

#[tokio::test]
async fn given_too_many_failed_logins_when_the_window_ends_then_the_owner_can_log_in() {
    let settings = [
        ("FAILED_LOGINS_PER_ACCOUNT", "2"),
        ("FAILED_LOGIN_WINDOW", "2s"),
    ];
    let service = start(&settings).await;
    let rejected = eventually_status("the limit is reached", 429, async || {
        log_in(&service.client, "aaa@aaa.com", "wrong").await
    })
    .await;
    assert!(retry_after(&rejected) <= 2, "{rejected}");
    eventually("the owner can log in", async || {
        let response = log_in_correctly(&service.client, "aaa@aaa.com").await;
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
    let service = start_with(&[("REGISTRATIONS_PER_ADDRESS", "2")]).await;
    let register = async |address: &str, email: &str| {
        let account = credentials(email, "correct horse");
        let client = client_at(&service, address);
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
async fn given_the_default_settings_when_one_address_registers_again_and_again_then_the_21st_time_is_429()
 {
    let service = start_with(&[]).await;
    let account = credentials("one@test.example", "correct horse");
    let register = async || service.client.post("/api/register", &account).await;
    register().await.expect(201);
    for _ in 1..20 {
        register().await.expect(400);
    }
    retry_after(&register().await);
}

#[tokio::test]
async fn given_a_storm_of_logins_when_sent_from_one_address_then_logins_from_others_succeed() {
    let service = start(&[("FAILED_LOGINS_PER_ADDRESS", "1000")]).await;
    let attacker = client_at(&service, "203.0.113.1");
    let storm = futures::future::join_all((0..300).map(async |number| {
        let email = format!("{number}@test.example");
        log_in(&attacker, &email, "wrong").await.status
    }));
    let other = client_at(&service, "203.0.113.2");
    let others = async {
        for _ in 0..10 {
            log_in_correctly(&other, "aaa@aaa.com").await.expect(200);
        }
    };
    let (statuses, ()) = tokio::join!(storm, others);
    let is_expected = |status: &u16| matches!(status, 401 | 429);
    assert!(statuses.iter().all(is_expected), "{statuses:?}");
    assert!(statuses.contains(&429), "none is limited: {statuses:?}");
}

/// A write of the service to `attempts` waits.
async fn write_waits(service: &SingleService) -> Result<(), String> {
    let attempts = service.collection("attempts");
    let write = doc! {
        "ns": attempts.namespace().to_string(), "command.findAndModify": "attempts",
    };
    let waiting = operations(attempts.client(), write).await;
    (!waiting.is_empty())
        .then_some(())
        .ok_or("none waits".to_owned())
}

#[tokio::test]
async fn given_a_slow_database_when_a_failed_login_is_counted_then_it_holds_no_hash_slot() {
    let service = start(&[("PASSWORD_HASHES_AT_ONCE", "1")]).await;
    let (slow, other) = (
        client_at(&service, "203.0.113.1"),
        client_at(&service, "203.0.113.2"),
    );
    fail(&slow, "aaa@aaa.com", 1).await;
    // MongoDB lets the next write to these counters wait until the transaction ends.
    let attempts = service.collection("attempts");
    let mut transaction = attempts.client().start_session().await.expect("a session");
    transaction.start_transaction().await.expect("starts");
    attempts
        .update_many(doc! {}, doc! { "$set": { "held": true } })
        .session(&mut transaction)
        .await
        .expect("updates");
    let slow = tokio::spawn(async move { log_in(&slow, "aaa@aaa.com", "wrong").await });
    eventually("the failed log-in is being counted", async || {
        write_waits(&service).await
    })
    .await;
    let login = log_in_correctly(&other, "bbb@bbb.com");
    let login = tokio::time::timeout(Duration::from_secs(2), login).await;
    login.expect("it does not wait for a hash slot").expect(200);
    assert!(!slow.is_finished(), "the database was not slow");
    transaction.abort_transaction().await.expect("aborts");
    let response = slow.await.expect("does not panic");
    response.expect_detail(401, INCORRECT);
}
