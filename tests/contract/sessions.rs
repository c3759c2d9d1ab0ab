//! Refresh tokens: rotation, revocation, expiry and concurrent use.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bson::{Binary, Bson, DateTime, Document, doc};
use futures::TryStreamExt as _;
use serde_json::{Value, json};
use testkit::{Client, Response, Shop, credentials, eventually, eventually_status};

const INCORRECT_TOKEN: &str = "Incorrect token";

async fn login(client: &Client) -> Value {
    let login = credentials("aaa@aaa.com", "aaa@aaa.com");
    client.post("/api/login", &login).await.expect(200).json()
}

fn token(session: &Value) -> Value {
    json!({ "refresh_token": session["refresh_token"] })
}

async fn refresh(client: &Client, session: &Value) -> Response {
    client.post("/api/refresh", &token(session)).await
}

#[tokio::test]
async fn given_fifty_concurrent_refreshes_when_sent_then_one_succeeds_and_its_token_works() {
    let shop = Shop::builder().replicas("authentication", 2).start().await;
    let client = shop.anonymous();
    let session = token(&login(&client).await);
    let responses =
        futures::future::join_all((0..50).map(|_| client.post("/api/refresh", &session))).await;
    let (succeeded, failed): (Vec<_>, Vec<_>) = responses
        .iter()
        .partition(|response| response.status == 200);
    assert_eq!(succeeded.len(), 1);
    for response in failed {
        response.expect_detail(401, INCORRECT_TOKEN);
    }
    refresh(&client, &succeeded[0].json()).await.expect(200);
}

#[tokio::test]
async fn given_an_unknown_refresh_token_when_used_then_401() {
    let shop = Shop::start().await;
    let client = shop.anonymous();
    let access = login(&client).await["access_token"].clone();
    let tokens = [
        json!(""),
        json!("x"),
        access,
        json!("A".repeat(43)),
        json!("x".repeat(10_000)),
    ];
    for token in tokens {
        let response = client
            .post("/api/refresh", &json!({ "refresh_token": token }))
            .await;
        response.expect_detail(401, INCORRECT_TOKEN);
    }
}

#[tokio::test]
async fn given_two_sessions_when_one_logs_out_then_only_its_token_family_is_revoked() {
    let shop = Shop::start().await;
    let client = shop.anonymous();
    let (mine, other) = (login(&client).await, login(&client).await);
    let newer = refresh(&client, &mine).await.expect(200).json();
    let response = client.post("/api/logout", &token(&newer)).await.expect(204);
    assert!(response.body.is_empty());
    refresh(&client, &newer)
        .await
        .expect_detail(401, INCORRECT_TOKEN);
    refresh(&client, &mine)
        .await
        .expect_detail(401, INCORRECT_TOKEN);
    refresh(&client, &other).await.expect(200);
    for unknown in [token(&newer), json!({ "refresh_token": "x" })] {
        client.post("/api/logout", &unknown).await.expect(204);
    }
}

#[tokio::test]
async fn given_a_short_lifetime_when_it_ends_then_the_access_token_is_rejected() {
    let shop = Shop::builder()
        .env("authentication", "ACCESS_TOKEN_LIFETIME", "1s")
        .start()
        .await;
    let client = shop.anonymous();
    let session = login(&client).await;
    let caller = client.with_token(session["access_token"].as_str().expect("a token"));
    eventually_status("the token expires", 401, async || {
        caller.get("/api/orders").await
    })
    .await
    .expect_detail(401, INCORRECT_TOKEN);
}

/// Refreshes a session until `is_done` returns true for a response's status.
async fn refresh_until(client: &Client, session: &mut Value, is_done: impl Fn(u16) -> bool) {
    eventually("the session is refreshed for long enough", async || {
        let response = refresh(client, session).await;
        if response.status == 200 {
            *session = response.json();
        }
        let done = is_done(response.status).then_some(());
        done.ok_or(response.to_string())
    })
    .await;
}

#[tokio::test]
async fn given_two_sessions_when_one_is_idle_then_only_that_one_expires() {
    const IDLE: Duration = Duration::from_secs(3);
    let shop = Shop::builder()
        .env("authentication", "REFRESH_TOKEN_IDLE_LIFETIME", "3s")
        .start()
        .await;
    let client = shop.anonymous();
    let unused = login(&client).await;
    let start = Instant::now();
    let mut used = login(&client).await;
    refresh_until(&client, &mut used, |status| {
        assert_eq!(status, 200);
        start.elapsed() > IDLE
    })
    .await;
    let response = refresh(&client, &unused).await;
    response.expect_detail(401, INCORRECT_TOKEN);
    refresh(&client, &used).await.expect(200);
}

#[tokio::test]
async fn given_a_session_when_refreshed_continuously_then_it_still_expires() {
    let shop = Shop::builder()
        .env("authentication", "REFRESH_TOKEN_LIFETIME", "3s")
        .start()
        .await;
    let client = shop.anonymous();
    let mut session = login(&client).await;
    refresh_until(&client, &mut session, |status| status == 401).await;
}

/// The stored sessions.
async fn stored(shop: &Shop) -> Vec<Document> {
    let sessions = shop.collection("authentication", "refresh_tokens");
    let found = sessions.find(doc! {}).await.expect("finds");
    found.try_collect().await.expect("reads")
}

#[tokio::test]
async fn given_a_session_when_stored_then_its_tokens_are_hashed_and_the_oldest_spent_ones_are_removed()
 {
    let shop = Shop::start().await;
    let client = shop.anonymous();
    let mut session = login(&client).await;
    let mut issued = vec![session.clone()];
    for _ in 0..30 {
        let response = refresh(&client, &session).await;
        session = response.expect(200).json();
        issued.push(session.clone());
    }
    let stored = stored(&shop).await;
    let [document] = stored.as_slice() else {
        panic!(
            "expected one document for the session, found {}",
            stored.len()
        )
    };
    let bytes = bson::serialize_to_vec(document).expect("serialises");
    for session in issued {
        let text = session["refresh_token"].as_str().expect("a token");
        let raw = BASE64_URL_SAFE_NO_PAD.decode(text).expect("base64url");
        for secret in [text.as_bytes(), &raw, &raw[..16], &raw[16..]] {
            let is_stored = bytes.windows(secret.len()).any(|window| window == secret);
            assert!(!is_stored, "{text} is stored: {document}");
        }
    }
    assert_eq!(document.get_array("spent").expect("the last").len(), 20);
}

#[tokio::test]
async fn given_a_hundred_sessions_of_an_account_when_it_logs_in_then_only_the_oldest_ends() {
    let shop = Shop::start().await;
    let client = shop.anonymous();
    let oldest = login(&client).await;
    let sessions = shop.collection("authentication", "refresh_tokens");
    let [mut document] = stored(&shop).await.try_into().expect("one session");
    let ends_at = document.get_datetime("ends_at_latest").expect("its end");
    let others: Vec<Document> = (1..100_u8)
        .map(|number| {
            let mut other = document.clone();
            let id = Binary {
                subtype: bson::spec::BinarySubtype::Generic,
                bytes: vec![number; 32],
            };
            let later = ends_at.timestamp_millis() - 1_000 + i64::from(number);
            other.insert("_id", id);
            other.insert("ends_at_latest", DateTime::from_millis(later));
            other
        })
        .collect();
    let earlier = DateTime::from_millis(ends_at.timestamp_millis() - 1_000);
    document.insert("ends_at_latest", earlier);
    let this = doc! { "_id": document.get("_id").cloned().unwrap_or(Bson::Null) };
    let replaced = sessions.replace_one(this, &document).await;
    replaced.expect("replaces");
    sessions.insert_many(others).await.expect("inserts");
    let newest = login(&client).await;
    assert_eq!(stored(&shop).await.len(), 100);
    let response = refresh(&client, &oldest).await;
    response.expect_detail(401, INCORRECT_TOKEN);
    refresh(&client, &newest).await.expect(200);
}

const ORIGIN: &str = "https://shop.example";

/// A shop with the public origin [`ORIGIN`], and a client that sends this origin.
async fn shop_with_origin() -> (Shop, Client) {
    let shop = Shop::builder()
        .env("authentication", "PUBLIC_ORIGINS", ORIGIN)
        .start()
        .await;
    let browser = shop.anonymous().with_header("origin", ORIGIN);
    (shop, browser)
}

async fn login_with_cookie(client: &Client) -> Response {
    let mut login = credentials("aaa@aaa.com", "aaa@aaa.com");
    login["session"] = json!("cookie");
    client.post("/api/login", &login).await
}

fn session_in_cookie() -> Value {
    json!({ "session": "cookie" })
}

/// The cookie that a browser sends after this response.
fn cookie(response: &Response) -> String {
    let set = response.header("set-cookie").expect("a cookie");
    for attribute in [
        "__Host-refresh_token=",
        "HttpOnly",
        "Secure",
        "SameSite=Strict",
        "Path=/",
        "Max-Age=",
    ] {
        assert!(set.contains(attribute), "{set}");
    }
    assert!(!set.contains("Domain"), "{set}");
    set.split(';').next().expect("a pair").to_owned()
}

#[tokio::test]
async fn given_a_browser_when_it_requests_a_cookie_then_no_refresh_token_is_in_a_body() {
    let (_shop, browser) = shop_with_origin().await;
    let in_cookie = session_in_cookie();
    let login = login_with_cookie(&browser).await.expect(200);
    assert_eq!(login.json()["refresh_token"], Value::Null);
    let first = cookie(&login);
    let refreshed = browser
        .with_header("cookie", &first)
        .post("/api/refresh", &in_cookie)
        .await
        .expect(200);
    assert_eq!(refreshed.json()["refresh_token"], Value::Null);
    let second = cookie(&refreshed);
    assert_ne!(first, second);
    let browser = browser.with_header("cookie", &second);
    let logout = browser.post("/api/logout", &in_cookie).await.expect(204);
    assert!(
        logout
            .header("set-cookie")
            .is_some_and(|set| set.contains("Max-Age=0"))
    );
    let response = browser.post("/api/refresh", &in_cookie).await;
    response.expect_detail(401, INCORRECT_TOKEN);
}

#[tokio::test]
async fn given_another_origin_when_it_uses_the_cookie_then_403_and_the_session_stays_valid() {
    let (shop, browser) = shop_with_origin().await;
    let in_cookie = session_in_cookie();
    let login = login_with_cookie(&browser).await.expect(200);
    let stolen = cookie(&login);
    let attacker = shop.anonymous().with_header("cookie", &stolen);
    let attackers = [
        attacker.clone(),
        attacker.with_header("origin", "null"),
        attacker.with_header("origin", "https://evil.example"),
        attacker.with_header("origin", "https://shop.example.evil.example"),
    ];
    for attacker in attackers {
        for call in ["/api/refresh", "/api/logout"] {
            let response = attacker.post(call, &in_cookie).await;
            response.expect_detail(403, "You have no access to this resource!");
        }
        let response = login_with_cookie(&attacker).await;
        response.expect_detail(403, "You have no access to this resource!");
    }
    let browser = browser.with_header("cookie", &stolen);
    browser.post("/api/refresh", &in_cookie).await.expect(200);
}

#[tokio::test]
async fn given_a_cookie_when_the_request_does_not_select_the_cookie_session_then_it_is_ignored() {
    let (_shop, browser) = shop_with_origin().await;
    let login = login_with_cookie(&browser).await.expect(200);
    let browser = browser.with_header("cookie", &cookie(&login));
    let response = browser.post("/api/refresh", &json!({})).await.expect(422);
    assert_eq!(response.json()["errors"][0]["field"], "refresh_token");
}
