//! Refresh tokens: they rotate, they end, and of many at once one wins.

use std::time::{Duration, Instant};

use bson::{Binary, Bson, DateTime, Document, doc};
use futures::TryStreamExt as _;
use serde_json::{Value, json};
use testkit::{Client, SOON, Shop, eventually};

const INCORRECT_TOKEN: &str = "Incorrect token";

async fn login(visitor: &Client) -> Value {
    let login = json!({ "email": "aaa@aaa.com", "password": "aaa@aaa.com" });
    visitor.post("/api/login", &login).await.expect(200).json()
}

fn token(session: &Value) -> Value {
    json!({ "refresh_token": session["refresh_token"] })
}

#[tokio::test]
async fn given_a_refresh_token_when_used_then_both_tokens_are_new_and_work() {
    let shop = Shop::start().await;
    let visitor = shop.visitor();
    let first = login(&visitor).await;
    let answer = visitor
        .post("/api/refresh", &token(&first))
        .await
        .expect(200);
    assert_eq!(answer.header("token-type"), Some("Bearer"));
    let second = answer.json();
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    assert_ne!(first["access_token"], second["access_token"]);
    let access = second["access_token"].as_str().expect("a token");
    let me = visitor.with_token(access).get("/api/me").await.expect(200);
    assert_eq!(me.json()["email"], "aaa@aaa.com");
    let _ = visitor
        .post("/api/refresh", &token(&second))
        .await
        .expect(200);
}

#[tokio::test]
async fn given_fifty_refreshes_at_once_when_answered_then_one_succeeds_and_its_token_goes_on_working()
 {
    let shop = Shop::builder().replicas("authentication", 2).start().await;
    let visitor = shop.visitor();
    let session = token(&login(&visitor).await);
    let answers =
        futures::future::join_all((0..50).map(|_| visitor.post("/api/refresh", &session))).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(won.len(), 1);
    for answer in lost {
        answer.says(401, INCORRECT_TOKEN);
    }
    let _ = visitor
        .post("/api/refresh", &token(&won[0].json()))
        .await
        .expect(200);
}

#[tokio::test]
async fn given_no_refresh_token_of_ours_when_used_then_401() {
    let shop = Shop::start().await;
    let visitor = shop.visitor();
    let access = login(&visitor).await["access_token"].clone();
    let tokens = [
        json!(""),
        json!("x"),
        access,
        json!("A".repeat(43)),
        json!("x".repeat(10_000)),
    ];
    for token in tokens {
        let answer = visitor
            .post("/api/refresh", &json!({ "refresh_token": token }))
            .await;
        answer.says(401, INCORRECT_TOKEN);
    }
}

#[tokio::test]
async fn given_a_logout_when_done_then_its_family_is_dead_and_others_live() {
    let shop = Shop::start().await;
    let visitor = shop.visitor();
    let (mine, other) = (login(&visitor).await, login(&visitor).await);
    let newer = visitor
        .post("/api/refresh", &token(&mine))
        .await
        .expect(200)
        .json();
    let answer = visitor
        .post("/api/logout", &token(&newer))
        .await
        .expect(204);
    assert!(answer.body.is_empty());
    visitor
        .post("/api/refresh", &token(&newer))
        .await
        .says(401, INCORRECT_TOKEN);
    visitor
        .post("/api/refresh", &token(&mine))
        .await
        .says(401, INCORRECT_TOKEN);
    let _ = visitor
        .post("/api/refresh", &token(&other))
        .await
        .expect(200);
    for unknown in [token(&newer), json!({ "refresh_token": "x" })] {
        let _ = visitor.post("/api/logout", &unknown).await.expect(204);
    }
}

#[tokio::test]
async fn given_a_short_lifetime_when_it_is_over_then_the_access_token_is_refused() {
    let shop = Shop::builder()
        .env("authentication", "ACCESS_TOKEN_LIFETIME", "1s")
        .start()
        .await;
    let visitor = shop.visitor();
    let access = login(&visitor).await["access_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let caller = visitor.with_token(&access);
    testkit::eventually("the token expires", testkit::SOON, async || {
        let answer = caller.get("/api/orders").await;
        if answer.status == 401 {
            Ok(answer)
        } else {
            Err(answer.to_string())
        }
    })
    .await
    .says(401, INCORRECT_TOKEN);
}

/// Refreshes a session again and again until `is_over` says so of an answer's status.
async fn refresh_until(visitor: &Client, session: &mut Value, is_over: impl Fn(u16) -> bool) {
    eventually("it has been refreshed for long enough", SOON, async || {
        let answer = visitor.post("/api/refresh", &token(session)).await;
        if answer.status == 200 {
            *session = answer.json();
        }
        is_over(answer.status)
            .then_some(())
            .ok_or(answer.to_string())
    })
    .await;
}

#[tokio::test]
async fn given_two_sessions_when_one_goes_unused_then_it_ends_and_the_other_goes_on() {
    const IDLE: Duration = Duration::from_secs(3);
    let shop = Shop::builder()
        .env("authentication", "REFRESH_TOKEN_IDLE_LIFETIME", "3s")
        .start()
        .await;
    let visitor = shop.visitor();
    let unused = login(&visitor).await;
    let begin = Instant::now();
    let mut used = login(&visitor).await;
    refresh_until(&visitor, &mut used, |status| {
        assert_eq!(status, 200);
        begin.elapsed() > IDLE
    })
    .await;
    let answer = visitor.post("/api/refresh", &token(&unused)).await;
    answer.says(401, INCORRECT_TOKEN);
    let _ = visitor
        .post("/api/refresh", &token(&used))
        .await
        .expect(200);
}

#[tokio::test]
async fn given_a_session_when_used_all_the_time_then_it_ends_all_the_same() {
    let shop = Shop::builder()
        .env("authentication", "REFRESH_TOKEN_LIFETIME", "3s")
        .start()
        .await;
    let visitor = shop.visitor();
    let mut session = login(&visitor).await;
    refresh_until(&visitor, &mut session, |status| status == 401).await;
}

/// The sessions as they are stored.
async fn stored(shop: &Shop) -> Vec<Document> {
    let sessions = shop
        .store("authentication")
        .collection::<Document>("refresh_tokens");
    let found = sessions.find(doc! {}).await.expect("finds");
    found.try_collect().await.expect("reads")
}

#[tokio::test]
async fn given_a_session_when_stored_then_its_tokens_are_hashed_and_those_long_spent_are_gone() {
    let shop = Shop::start().await;
    let visitor = shop.visitor();
    let mut session = login(&visitor).await;
    let mut given_out = vec![session.clone()];
    for _ in 0..30 {
        let answer = visitor.post("/api/refresh", &token(&session)).await;
        session = answer.expect(200).json();
        given_out.push(session.clone());
    }
    let stored = stored(&shop).await;
    let [document] = stored.as_slice() else {
        panic!("one session is {} documents", stored.len())
    };
    let bytes = bson::serialize_to_vec(document).expect("serialises");
    for session in given_out {
        let text = session["refresh_token"].as_str().expect("a token");
        let raw = Binary::from_base64(text.replace('-', "+").replace('_', "/"), None);
        let raw = raw.expect("base64").bytes;
        for secret in [text.as_bytes(), &raw, &raw[..16], &raw[16..]] {
            let is_in = bytes.windows(secret.len()).any(|window| window == secret);
            assert!(!is_in, "{text} is stored: {document}");
        }
    }
    assert_eq!(document.get_array("spent").expect("the last").len(), 20);
}

#[tokio::test]
async fn given_a_hundred_sessions_of_an_account_when_it_logs_in_then_only_the_oldest_ends() {
    let shop = Shop::start().await;
    let visitor = shop.visitor();
    let oldest = login(&visitor).await;
    let sessions = shop
        .store("authentication")
        .collection::<Document>("refresh_tokens");
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
    let _ = sessions
        .replace_one(this, &document)
        .await
        .expect("replaces");
    let _ = sessions.insert_many(others).await.expect("inserts");
    let newest = login(&visitor).await;
    assert_eq!(stored(&shop).await.len(), 100);
    let answer = visitor.post("/api/refresh", &token(&oldest)).await;
    answer.says(401, INCORRECT_TOKEN);
    let _ = visitor
        .post("/api/refresh", &token(&newest))
        .await
        .expect(200);
}

const PAGE: &str = "https://shop.example";

/// A shop whose page is at [`PAGE`], and a browser that shows it.
async fn shop_with_page() -> (Shop, Client) {
    let shop = Shop::builder()
        .env("authentication", "PUBLIC_ORIGINS", PAGE)
        .start()
        .await;
    let browser = shop.visitor().with_header("origin", PAGE);
    (shop, browser)
}

fn login_with_cookie() -> Value {
    json!({ "email": "aaa@aaa.com", "password": "aaa@aaa.com", "session": "cookie" })
}

/// The cookie that a browser sends after `answer`.
fn cookie(answer: &testkit::Answer) -> String {
    let set = answer.header("set-cookie").expect("a cookie");
    for needed in [
        "__Host-refresh_token=",
        "HttpOnly",
        "Secure",
        "SameSite=Strict",
        "Path=/",
        "Max-Age=",
    ] {
        assert!(set.contains(needed), "{set}");
    }
    assert!(!set.contains("Domain"), "{set}");
    set.split(';').next().expect("a pair").to_owned()
}

#[tokio::test]
async fn given_a_browser_when_it_asks_for_a_cookie_then_no_refresh_token_is_in_a_body() {
    let (_shop, browser) = shop_with_page().await;
    let in_cookie = json!({ "session": "cookie" });
    let login = browser
        .post("/api/login", &login_with_cookie())
        .await
        .expect(200);
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
    let answer = browser.post("/api/refresh", &in_cookie).await;
    answer.says(401, INCORRECT_TOKEN);
}

#[tokio::test]
async fn given_another_sites_page_when_it_uses_the_cookie_then_403_and_the_session_goes_on() {
    let (shop, browser) = shop_with_page().await;
    let in_cookie = json!({ "session": "cookie" });
    let login = browser
        .post("/api/login", &login_with_cookie())
        .await
        .expect(200);
    let stolen = cookie(&login);
    let stranger = shop.visitor().with_header("cookie", &stolen);
    let strangers = [
        stranger.clone(),
        stranger.with_header("origin", "null"),
        stranger.with_header("origin", "https://evil.example"),
        stranger.with_header("origin", "https://shop.example.evil.example"),
    ];
    for stranger in strangers {
        for call in ["/api/refresh", "/api/logout"] {
            let answer = stranger.post(call, &in_cookie).await;
            answer.says(403, "You have no access to this resource!");
        }
        let answer = stranger.post("/api/login", &login_with_cookie()).await;
        answer.says(403, "You have no access to this resource!");
    }
    let browser = browser.with_header("cookie", &stolen);
    let _ = browser.post("/api/refresh", &in_cookie).await.expect(200);
}

#[tokio::test]
async fn given_a_cookie_when_nobody_says_that_the_session_is_in_it_then_it_is_ignored() {
    let (_shop, browser) = shop_with_page().await;
    let login = browser
        .post("/api/login", &login_with_cookie())
        .await
        .expect(200);
    let browser = browser.with_header("cookie", &cookie(&login));
    let answer = browser.post("/api/refresh", &json!({})).await.expect(422);
    assert_eq!(answer.json()["errors"][0]["field"], "refresh_token");
}
