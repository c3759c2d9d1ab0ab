//! Refresh tokens: they rotate, they end, and of many at once one wins.

use serde_json::{Value, json};
use testkit::{Client, Shop};

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
