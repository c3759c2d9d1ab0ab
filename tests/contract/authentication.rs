//! Logging in.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bson::doc;
use serde_json::Value;
use testkit::Shop;

use super::log_in;

const NOT_ACCEPTABLE: &str = "This e-mail is not acceptable";
const INCORRECT: &str = "Incorrect e-mail or password";

#[tokio::test]
async fn given_correct_credentials_when_logging_in_then_200_with_the_contracts_tokens() {
    let shop = Shop::start().await;
    let response = log_in(&shop.anonymous(), "aaa@aaa.com", "aaa@aaa.com").await;
    let response = response.expect(200);
    assert_eq!(response.header("token-type"), Some("Bearer"));
    let body = response.json();
    assert_eq!(body.as_object().expect("an object").len(), 2, "{body}");
    assert!(response.string("refresh_token").len() >= 22, "{body}");

    let claims = claims(&response.string("access_token"));
    assert_eq!(claims["email"], "aaa@aaa.com");
    assert_eq!(claims["role"], "user");
    assert_eq!(claims["iss"], "fleetmarket");
    assert_eq!(claims["aud"], "fleetmarket");
    assert!(claims["jti"].is_string());
    let seconds = |claim: &str| claims[claim].as_i64().expect("seconds");
    assert_eq!(seconds("exp") - seconds("iat"), 15 * 60);
}

/// The claims of an access token, whose signature is not checked.
fn claims(token: &str) -> Value {
    let claims = token.split('.').nth(1).expect("three parts");
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).expect("base64url");
    serde_json::from_slice(&claims).expect("JSON")
}

#[tokio::test]
async fn given_wrong_credentials_when_logging_in_then_the_response_does_not_reveal_whether_the_account_exists()
 {
    let shop = Shop::start().await;
    let client = shop.anonymous();
    let mut problems = Vec::new();
    for email in ["aaa@aaa.com", "nobody@test.example"] {
        let response = log_in(&client, email, "wrong").await;
        let mut problem = response.expect_detail(401, INCORRECT);
        problem["instance"] = Value::Null;
        problems.push(problem);
    }
    assert_eq!(problems[0], problems[1]);
    let malformed = log_in(&client, "malformed", "wrong").await;
    malformed.expect_detail(400, NOT_ACCEPTABLE);
    // No account can have a password of this length.
    let too_long = log_in(&client, "aaa@aaa.com", &"x".repeat(5_000)).await;
    too_long.expect_detail(401, INCORRECT);
}

#[tokio::test]
async fn given_no_development_data_when_started_then_there_are_no_accounts() {
    let shop = Shop::builder()
        .env("authentication", "SEED_DATA", "false")
        .start()
        .await;
    for email in ["aaa@aaa.com", "admin@admin.com"] {
        let response = log_in(&shop.anonymous(), email, email).await;
        response.expect_detail(401, INCORRECT);
    }
    let users = shop.collection("authentication", "users");
    let count = users.count_documents(doc! {}).await.expect("counts");
    assert_eq!(count, 0);
}
