//! Accounts.

use bson::{Document, doc};
use futures::TryStreamExt as _;
use serde_json::{Value, json};
use testkit::{Answer, Client, Shop};

const NOT_ACCEPTABLE: &str = "This e-mail is not acceptable";
const INCORRECT: &str = "Incorrect e-mail or password";

#[tokio::test]
async fn given_an_account_when_registered_then_201_as_a_user_whatever_else_is_said() {
    let shop = Shop::start().await;
    let visitor = shop.visitor();
    let account = json!({ "email": "New@Test.Example", "password": "correct horse", "role": "admin", "admin": true });
    let answer = visitor.post("/api/register", &account).await.expect(201);
    assert_eq!(
        answer.json(),
        json!({ "email": "new@test.example", "role": "user" })
    );

    let login = visitor
        .post(
            "/api/login",
            &json!({ "email": "NEW@test.example", "password": "correct horse" }),
        )
        .await;
    let token = login.expect(200).json()["access_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let me = visitor.with_token(&token).get("/api/me").await.expect(200);
    assert_eq!(
        me.json(),
        json!({ "email": "new@test.example", "role": "user" })
    );
}

#[tokio::test]
async fn given_an_address_that_is_taken_or_none_when_registered_then_400_not_acceptable() {
    let shop = Shop::start().await;
    for email in [
        "aaa@aaa.com",
        "AAA@AAA.COM",
        "",
        "a",
        "@",
        "a@",
        "@a.b",
        "a b@c.d",
        "a@b@c.d",
        "a@b.c\u{0}",
        "a\n@b.c",
    ] {
        let account = json!({ "email": email, "password": "correct horse" });
        let answer = shop.visitor().post("/api/register", &account).await;
        answer.says(400, NOT_ACCEPTABLE);
    }
    let long = format!("{}@test.example", "a".repeat(400));
    let answer = shop
        .visitor()
        .post(
            "/api/register",
            &json!({ "email": long, "password": "correct horse" }),
        )
        .await;
    answer.says(400, NOT_ACCEPTABLE);
}

#[tokio::test]
async fn given_passwords_when_registered_then_weak_ones_are_422_on_password() {
    let shop = Shop::start().await;
    let register = async |email: &str, password: &str| {
        shop.visitor()
            .post(
                "/api/register",
                &json!({ "email": email, "password": password }),
            )
            .await
    };
    for weak in [
        "",
        "short",
        "1234567",
        "password",
        "12345678",
        "qwertyuiop",
        &"x".repeat(2_000),
    ] {
        register("weak@test.example", weak).await.names("password");
    }
    let _ = register("long@test.example", &"long ".repeat(25))
        .await
        .expect(201);
    let _ = register("umlaut@test.example", "Ärger mit 𝄞!")
        .await
        .expect(201);
    let _ = register("spaces@test.example", "  a b c d e  ")
        .await
        .expect(201);
    let trimmed = json!({ "email": "spaces@test.example", "password": "a b c d e" });
    shop.visitor()
        .post("/api/login", &trimmed)
        .await
        .says(401, INCORRECT);
}

#[tokio::test]
async fn given_a_login_when_right_then_200_with_tokens_of_the_contract() {
    let shop = Shop::start().await;
    let login = json!({ "email": "aaa@aaa.com", "password": "aaa@aaa.com" });
    let answer = shop.visitor().post("/api/login", &login).await.expect(200);
    assert_eq!(answer.header("token-type"), Some("Bearer"));
    let body = answer.json();
    assert_eq!(body.as_object().expect("an object").len(), 2, "{body}");
    assert!(
        body["refresh_token"]
            .as_str()
            .is_some_and(|token| token.len() >= 22),
        "{body}"
    );

    let claims = claims(&answer);
    assert_eq!(claims["email"], "aaa@aaa.com");
    assert_eq!(claims["role"], "user");
    assert_eq!(claims["iss"], "fleetmarket");
    assert_eq!(claims["aud"], "fleetmarket");
    assert!(claims["jti"].is_string());
    let lifetime = claims["exp"]
        .as_i64()
        .zip(claims["iat"].as_i64())
        .map(|(exp, iat)| exp - iat);
    assert_eq!(lifetime, Some(15 * 60));
}

#[tokio::test]
async fn given_a_login_when_wrong_then_nothing_tells_whether_the_account_exists() {
    let shop = Shop::start().await;
    let login = async |email: &str, password: &str| {
        shop.visitor()
            .post(
                "/api/login",
                &json!({ "email": email, "password": password }),
            )
            .await
    };
    let mut wrong = login("aaa@aaa.com", "wrong").await.says(401, INCORRECT);
    let mut unknown = login("nobody@test.example", "wrong")
        .await
        .says(401, INCORRECT);
    for body in [&mut wrong, &mut unknown] {
        body["instance"] = Value::Null;
    }
    assert_eq!(wrong, unknown);
    login("malformed", "wrong").await.says(400, NOT_ACCEPTABLE);
    // Beyond any password, and refused all the same.
    login("aaa@aaa.com", &"x".repeat(5_000))
        .await
        .says(401, INCORRECT);
}

#[tokio::test]
async fn given_many_failed_logins_when_tried_again_then_429_for_that_account_alone() {
    let shop = Shop::start().await;
    let visitor = shop.visitor();
    fail(&visitor, "aaa@aaa.com", 10).await;
    log_in(&visitor, "aaa@aaa.com", "wrong").await.problem(429);
    let _ = log_in(&visitor, "bbb@bbb.com", "bbb@bbb.com")
        .await
        .expect(200);
}

/// Somebody in this network, as the proxies in front tell the gateway.
fn from(shop: &Shop, address: &str) -> Client {
    shop.visitor().with_header("x-forwarded-for", address)
}

async fn log_in(client: &Client, email: &str, password: &str) -> Answer {
    let account = json!({ "email": email, "password": password });
    client.post("/api/login", &account).await
}

async fn fail(client: &Client, email: &str, times: usize) {
    for _ in 0..times {
        log_in(client, email, "wrong").await.says(401, INCORRECT);
    }
}

fn wait_of(answer: &Answer) -> u64 {
    answer.problem(429);
    let wait = answer.header("retry-after").expect("when to come back");
    wait.parse().expect("seconds")
}

#[tokio::test]
async fn given_an_owner_when_strangers_fail_on_purpose_then_the_network_of_an_earlier_login_has_a_count_of_its_own()
 {
    let shop = Shop::start().await;
    let owner = from(&shop, "203.0.113.1");
    let stranger = from(&shop, "203.0.113.2");
    let elsewhere = from(&shop, "203.0.113.3");
    let _ = log_in(&owner, "aaa@aaa.com", "aaa@aaa.com")
        .await
        .expect(200);
    // To know another password, or to have failed here, makes nobody known.
    let _ = log_in(&stranger, "bbb@bbb.com", "bbb@bbb.com")
        .await
        .expect(200);
    fail(&stranger, "aaa@aaa.com", 10).await;
    for client in [&stranger, &elsewhere] {
        log_in(client, "aaa@aaa.com", "wrong").await.problem(429);
        log_in(client, "aaa@aaa.com", "aaa@aaa.com")
            .await
            .problem(429);
    }
    let _ = log_in(&owner, "aaa@aaa.com", "aaa@aaa.com")
        .await
        .expect(200);
    fail(&owner, "aaa@aaa.com", 10).await;
    log_in(&owner, "aaa@aaa.com", "aaa@aaa.com")
        .await
        .problem(429);

    let known = shop
        .store("authentication")
        .collection::<Document>("known_networks");
    let known: Vec<Document> = known
        .find(doc! {})
        .await
        .expect("finds")
        .try_collect()
        .await
        .expect("reads");
    assert_eq!(known.len(), 2);
    for document in known {
        assert!(document.get_datetime("expires_at").is_ok(), "{document}");
        let text = document.to_string();
        assert!(
            !text.contains("203.0.113") && !text.contains("aaa@aaa.com"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn given_many_accounts_when_logins_fail_from_one_address_then_429_for_that_address_alone() {
    let shop = Shop::builder()
        .env("authentication", "FAILED_LOGINS_PER_ADDRESS", "3")
        .start()
        .await;
    let guesser = from(&shop, "2001:db8::1");
    for email in ["aaa@aaa.com", "admin@admin.com", "nobody@test.example"] {
        fail(&guesser, email, 1).await;
    }
    for address in ["2001:db8::1", "2001:db8::2"] {
        let answer = log_in(&from(&shop, address), "bbb@bbb.com", "bbb@bbb.com").await;
        assert!((1..=15 * 60).contains(&wait_of(&answer)), "{answer}");
    }
    let other = from(&shop, "2001:db8:0:1::1");
    let _ = log_in(&other, "bbb@bbb.com", "bbb@bbb.com")
        .await
        .expect(200);
}

#[tokio::test]
async fn given_too_many_failed_logins_when_the_window_is_over_then_the_owner_gets_in() {
    let shop = Shop::builder()
        .env("authentication", "FAILED_LOGINS_PER_ACCOUNT", "2")
        .env("authentication", "FAILED_LOGIN_WINDOW", "2s")
        .start()
        .await;
    let visitor = shop.visitor();
    let refused = testkit::eventually("it is too many", testkit::SOON, async || {
        let answer = log_in(&visitor, "aaa@aaa.com", "wrong").await;
        if answer.status == 429 {
            Ok(answer)
        } else {
            Err(answer.to_string())
        }
    })
    .await;
    assert!(wait_of(&refused) <= 2, "{refused}");
    testkit::eventually("the owner gets in", testkit::SOON, async || {
        let answer = log_in(&visitor, "aaa@aaa.com", "aaa@aaa.com").await;
        match answer.status {
            200 => Ok(()),
            429 => Err(answer.to_string()),
            _ => panic!("{answer}"),
        }
    })
    .await;
}

#[tokio::test]
async fn given_many_registrations_when_they_come_from_one_address_then_429_for_that_address_alone()
{
    let shop = Shop::builder()
        .env("authentication", "REGISTRATIONS_PER_ADDRESS", "2")
        .start()
        .await;
    let register = async |address: &str, email: &str| {
        let account = json!({ "email": email, "password": "correct horse" });
        from(&shop, address).post("/api/register", &account).await
    };
    let _ = register("203.0.113.1", "one@test.example")
        .await
        .expect(201);
    // Nor may anybody ask without end whether an address is taken.
    let _ = register("203.0.113.1", "one@test.example")
        .await
        .expect(400);
    let refused = register("203.0.113.1", "two@test.example").await;
    assert!((1..=15 * 60).contains(&wait_of(&refused)), "{refused}");
    let _ = register("203.0.113.2", "two@test.example")
        .await
        .expect(201);
}

/// The gateway says who calls, and nobody else does.
#[tokio::test]
async fn given_authentication_when_called_around_the_gateway_then_no_address_that_is_claimed_counts()
 {
    let shop = Shop::builder()
        .env("authentication", "TRUSTED_PROXIES", "192.0.2.0/24")
        .env("authentication", "FAILED_LOGINS_PER_ADDRESS", "3")
        .start()
        .await;
    let claims = |number: usize| {
        let address = format!("203.0.113.{number}");
        shop.direct("authentication")
            .with_header("x-forwarded-for", &address)
    };
    for number in 0..3 {
        fail(&claims(number), &format!("{number}@test.example"), 1).await;
    }
    log_in(&claims(3), "3@test.example", "wrong")
        .await
        .problem(429);
    let logged = shop.logged("authentication");
    assert!(logged.contains("a log-in failed"), "{logged}");
    assert!(!logged.contains("203.0.113."), "{logged}");
}

#[tokio::test]
async fn given_two_replicas_when_logins_fail_at_both_then_they_share_the_count() {
    let shop = Shop::builder().replicas("authentication", 2).start().await;
    let wrong = json!({ "email": "aaa@aaa.com", "password": "wrong" });
    let replicas = ["authentication", "authentication-2"].map(|name| shop.direct(name));
    for number in 0..10 {
        replicas[number % 2]
            .post("/api/login", &wrong)
            .await
            .says(401, INCORRECT);
    }
    for replica in replicas {
        replica.post("/api/login", &wrong).await.problem(429);
    }
}

#[tokio::test]
async fn given_no_development_data_when_started_then_nobody_has_an_account() {
    let shop = Shop::builder()
        .env("authentication", "SEED_DATA", "false")
        .start()
        .await;
    for email in ["aaa@aaa.com", "admin@admin.com"] {
        let account = json!({ "email": email, "password": email });
        shop.visitor()
            .post("/api/login", &account)
            .await
            .says(401, INCORRECT);
    }
    let users = shop.store("authentication").collection::<Document>("users");
    let count = users.count_documents(doc! {}).await.expect("counts");
    assert_eq!(count, 0);
}

/// 300 log-ins at once, each of another account.
async fn storm(shop: &Shop, address: impl Fn(usize) -> String) {
    let storm = (0..300).map(async |number| {
        let email = format!("{number}@test.example");
        log_in(&from(shop, &address(number)), &email, "wrong")
            .await
            .status
    });
    let statuses = futures::future::join_all(storm).await;
    let expected = |status: &u16| matches!(status, 401 | 429);
    assert!(statuses.iter().all(expected), "{statuses:?}");
    assert!(statuses.contains(&429), "nobody had to wait: {statuses:?}");
}

/// Each hash takes 19 MiB for as long as it runs.
#[tokio::test]
async fn given_a_storm_of_logins_when_it_comes_from_everywhere_then_memory_is_bounded_and_others_go_on()
 {
    let shop = Shop::start().await;
    let user = shop.user().await;
    let before = shop.peak_memory("authentication");
    let storm = storm(&shop, |number| {
        format!("198.18.{}.{}", number / 250, number % 250)
    });
    let others = async {
        for _ in 0..20 {
            let _ = user.get("/api/me").await.expect(200);
            let _ = user.get("/api/products").await.expect(200);
        }
    };
    tokio::join!(storm, others);
    let grown = shop.peak_memory("authentication") - before;
    assert!(grown < 100, "300 log-ins took {grown} MiB more");
}

#[tokio::test]
async fn given_a_storm_of_logins_when_it_comes_from_one_address_then_those_of_others_succeed() {
    let shop = Shop::builder()
        .env("authentication", "FAILED_LOGINS_PER_ADDRESS", "1000")
        .start()
        .await;
    let stormy = storm(&shop, |_| "203.0.113.1".to_owned());
    let other = from(&shop, "203.0.113.2");
    let others = async {
        for _ in 0..10 {
            let _ = log_in(&other, "aaa@aaa.com", "aaa@aaa.com")
                .await
                .expect(200);
        }
    };
    tokio::join!(stormy, others);
}

/// The second part of an access token, read without asking whether it is signed.
fn claims(answer: &Answer) -> Value {
    let body = answer.json();
    let token = body["access_token"].as_str().expect("a token");
    let middle = token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&base64_url(middle)).expect("claims are JSON")
}

fn base64_url(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let value = |byte: u8| {
        ALPHABET
            .iter()
            .position(|letter| *letter == byte)
            .expect("base64url")
    };
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0, 0);
    for byte in text.bytes() {
        bits = (bits << 6 | value(byte)) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).expect("eight bits"));
        }
    }
    bytes
}
