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
