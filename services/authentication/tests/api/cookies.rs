//! Sessions whose refresh token is in a cookie.

use serde_json::{Value, json};
use testkit::{Client, Response, SingleService, credentials};

use crate::support::{EMAIL, INCORRECT_TOKEN, NO_ACCESS, PASSWORD, register, start_with};

const ORIGIN: &str = "https://shop.example";

/// Starts the service with the public origin [`ORIGIN`] and registers an account. Returns a client
/// that sends this origin, and its log-in with a cookie.
async fn start_with_cookie() -> (SingleService, Client, Response) {
    let service = start_with(&[("PUBLIC_ORIGINS", ORIGIN)]).await;
    register(&service.client).await;
    let browser = service.client.with_header("origin", ORIGIN);
    let session = log_in_with_cookie(&browser).await.expect(200);
    (service, browser, session)
}

async fn log_in_with_cookie(client: &Client) -> Response {
    let mut body = credentials(EMAIL, PASSWORD);
    body["session"] = json!("cookie");
    client.post("/api/login", &body).await
}

async fn post_with_cookie(client: &Client, path: &str) -> Response {
    client.post(path, &json!({ "session": "cookie" })).await
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
    let (_service, browser, session) = start_with_cookie().await;
    assert_eq!(session.json()["refresh_token"], Value::Null);
    let first = cookie(&session);
    let with_first = browser.with_header("cookie", &first);
    let refreshed = post_with_cookie(&with_first, "/api/refresh")
        .await
        .expect(200);
    assert_eq!(refreshed.json()["refresh_token"], Value::Null);
    let second = cookie(&refreshed);
    assert_ne!(first, second);
    let browser = browser.with_header("cookie", &second);
    let logout = post_with_cookie(&browser, "/api/logout").await.expect(204);
    let cleared = logout.header("set-cookie").expect("a cookie");
    assert!(cleared.contains("Max-Age=0"), "{cleared}");
    let response = post_with_cookie(&browser, "/api/refresh").await;
    response.expect_detail(401, INCORRECT_TOKEN);
}

#[tokio::test]
async fn given_a_browser_that_lost_an_answer_when_it_refreshes_again_then_it_gets_the_same_cookie()
{
    let (_service, browser, session) = start_with_cookie().await;
    let with_first = browser.with_header("cookie", &cookie(&session));
    let lost = post_with_cookie(&with_first, "/api/refresh").await;
    let repeated = post_with_cookie(&with_first, "/api/refresh").await;
    let successor = cookie(&repeated.expect(200));
    assert_eq!(successor, cookie(&lost.expect(200)));
    let with_second = browser.with_header("cookie", &successor);
    let refreshed = post_with_cookie(&with_second, "/api/refresh").await;
    refreshed.expect(200);
}

#[tokio::test]
async fn given_another_origin_when_it_uses_the_cookie_then_403_and_the_session_stays_valid() {
    let (service, browser, session) = start_with_cookie().await;
    let stolen = cookie(&session);
    let attacker = service.client.with_header("cookie", &stolen);
    for attacker in [
        attacker.clone(),
        attacker.with_header("origin", "null"),
        attacker.with_header("origin", "https://evil.example"),
        attacker.with_header("origin", "https://shop.example.evil.example"),
    ] {
        for response in [
            post_with_cookie(&attacker, "/api/refresh").await,
            post_with_cookie(&attacker, "/api/logout").await,
            log_in_with_cookie(&attacker).await,
        ] {
            response.expect_detail(403, NO_ACCESS);
        }
    }
    let browser = browser.with_header("cookie", &stolen);
    let response = post_with_cookie(&browser, "/api/refresh").await;
    response.expect(200);
}

#[tokio::test]
async fn given_a_cookie_when_the_request_does_not_select_the_cookie_session_then_it_is_ignored() {
    let (_service, browser, session) = start_with_cookie().await;
    let browser = browser.with_header("cookie", &cookie(&session));
    let response = browser.post("/api/refresh", &json!({})).await.expect(422);
    assert_eq!(response.json()["errors"][0]["field"], "refresh_token");
}
