//! Logging in, refreshing and logging out.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bson::spec::BinarySubtype;
use bson::{Binary, DateTime, Document, doc};
use insta::assert_json_snapshot;
use serde_json::Value;
use testkit::{Client, Response, SingleService, credentials, eventually, eventually_status};

use crate::support::{
    EMAIL, INCORRECT_TOKEN, log_in, refresh, register, send_token, start, start_with_session,
    stored,
};

#[tokio::test]
async fn given_an_account_when_logged_in_then_the_response_has_both_tokens() {
    let (_service, tokens) = start_with_session(&[]).await;
    assert_json_snapshot!(tokens.json(), {
        ".access_token" => "[token]", ".refresh_token" => "[token]",
    }, @r#"
    {
      "access_token": "[token]",
      "refresh_token": "[token]"
    }
    "#);
    assert_eq!(tokens.header("token-type"), Some("Bearer"));
    assert_eq!(tokens.header("cache-control"), Some("no-store"));
    assert!(tokens.string("refresh_token").len() >= 22, "{tokens}");
    let claims = claims(&tokens.string("access_token"));
    assert_json_snapshot!(claims, {
        ".exp" => "[time]", ".iat" => "[time]", ".nbf" => "[time]", ".jti" => "[id]",
    }, @r#"
    {
      "email": "ada@example.com",
      "role": "user",
      "exp": "[time]",
      "iat": "[time]",
      "nbf": "[time]",
      "jti": "[id]",
      "iss": "fleetmarket",
      "aud": "fleetmarket"
    }
    "#);
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
    let service = start().await;
    register(&service.client).await;
    let log_in = async |email: &str, password: &str| {
        let body = credentials(email, password);
        service.client.post("/api/login", &body).await
    };
    let mut problem = log_in(EMAIL, "wrong").await.expect_problem(401);
    assert_json_snapshot!(problem, { ".instance" => "[request id]" }, @r#"
    {
      "type": "/problems/incorrect-credentials",
      "title": "Unauthorized",
      "status": 401,
      "detail": "Incorrect e-mail or password",
      "instance": "[request id]"
    }
    "#);
    problem["instance"].take();
    // No account can have a password of this length.
    let too_long = "x".repeat(5_000);
    for (email, password) in [("unknown@example.com", "wrong"), (EMAIL, too_long.as_str())] {
        let mut other = log_in(email, password).await.expect_problem(401);
        other["instance"].take();
        assert_eq!(other, problem);
    }
    let malformed = log_in("malformed", "wrong").await;
    malformed.expect_detail(400, "This e-mail is not acceptable");
}

#[tokio::test]
async fn given_a_refresh_token_when_refreshed_then_both_tokens_are_new_and_valid() {
    let (service, first) = start_with_session(&[]).await;
    let second = refresh(&service.client, &first).await.expect(200);
    assert_eq!(second.header("token-type"), Some("Bearer"));
    assert_json_snapshot!(second.json(), {
        ".access_token" => "[token]", ".refresh_token" => "[token]",
    }, @r#"
    {
      "access_token": "[token]",
      "refresh_token": "[token]"
    }
    "#);
    for token in ["access_token", "refresh_token"] {
        assert_ne!(second.string(token), first.string(token));
    }
    let user = service.client.with_token(&second.string("access_token"));
    let me = user.get("/api/me").await.expect(200);
    assert_eq!(me.string("email"), EMAIL);
    refresh(&service.client, &second).await.expect(200);
}

#[tokio::test]
async fn given_a_lost_answer_when_the_refresh_is_repeated_then_it_gets_the_same_successor() {
    let (service, first) = start_with_session(&[]).await;
    let lost = refresh(&service.client, &first).await.expect(200);
    let repeated = refresh(&service.client, &first).await.expect(200);
    let successor = repeated.string("refresh_token");
    assert_eq!(successor, lost.string("refresh_token"));
    let user = service.client.with_token(&repeated.string("access_token"));
    user.get("/api/me").await.expect(200);
    let second = refresh(&service.client, &repeated).await.expect(200);
    let repeated = refresh(&service.client, &first).await.expect(200);
    assert_eq!(repeated.string("refresh_token"), successor);
    refresh(&service.client, &second).await.expect(200);
}

#[tokio::test]
async fn given_connections_that_die_within_milliseconds_when_the_refresh_is_repeated_then_no_session_is_lost()
 {
    let (service, mut session) = start_with_session(&[]).await;
    for milliseconds in 0..20 {
        let timeout = Duration::from_millis(milliseconds / 4);
        // The connection ends with the call.
        let _ = tokio::time::timeout(timeout, refresh(&service.client, &session)).await;
        session = refresh(&service.client, &session).await.expect(200);
    }
}

/// Lets the time pass that is left of the grace of all spent tokens.
async fn end_grace(service: &SingleService) {
    let long_ago = DateTime::from_millis(DateTime::now().timestamp_millis() - 10_000);
    let update = doc! { "$set": { "spent.$[].at": long_ago } };
    let sessions = service.collection("refresh_tokens");
    let updated = sessions.update_many(doc! {}, update).await;
    assert!(updated.expect("updates").modified_count > 0);
}

#[tokio::test]
async fn given_a_spent_token_when_it_is_used_after_the_grace_then_the_session_ends() {
    let (service, first) = start_with_session(&[]).await;
    let newest = refresh(&service.client, &first).await.expect(200);
    end_grace(&service).await;
    for spent in [&first, &newest] {
        let response = refresh(&service.client, spent).await;
        response.expect_detail(401, INCORRECT_TOKEN);
    }
    assert!(stored(&service, "refresh_tokens").await.is_empty());
}

#[tokio::test]
async fn given_an_unknown_refresh_token_when_used_then_401() {
    let (service, session) = start_with_session(&[]).await;
    for token in [
        "",
        "x",
        &session.string("access_token"),
        &"A".repeat(43),
        &"x".repeat(10_000),
    ] {
        let response = send_token(&service.client, "/api/refresh", token).await;
        response.expect_detail(401, INCORRECT_TOKEN);
    }
}

#[tokio::test]
async fn given_two_sessions_when_one_logs_out_then_only_its_token_family_is_revoked() {
    let (service, mine) = start_with_session(&[]).await;
    let client = &service.client;
    let other = log_in(client).await;
    let newer = refresh(client, &mine).await.expect(200);
    let newest = newer.string("refresh_token");
    let response = send_token(client, "/api/logout", &newest).await.expect(204);
    assert!(response.body.is_empty());
    let problem = refresh(client, &newer).await.expect_problem(401);
    assert_json_snapshot!(problem, { ".instance" => "[request id]" }, @r#"
    {
      "type": "/problems/incorrect-token",
      "title": "Unauthorized",
      "status": 401,
      "detail": "Incorrect token",
      "instance": "[request id]"
    }
    "#);
    let response = refresh(client, &mine).await;
    response.expect_detail(401, INCORRECT_TOKEN);
    refresh(client, &other).await.expect(200);
    for unknown in [newest.as_str(), "x"] {
        send_token(client, "/api/logout", unknown).await.expect(204);
    }
}

#[tokio::test]
async fn given_a_bad_token_when_sent_with_a_session_call_then_it_is_ignored() {
    let service = start().await;
    let caller = service.client.with_token("x");
    register(&caller).await;
    let session = log_in(&caller).await;
    let token = refresh(&caller, &session)
        .await
        .expect(200)
        .string("refresh_token");
    send_token(&caller, "/api/logout", &token).await.expect(204);
}

#[tokio::test]
async fn given_a_short_lifetime_when_it_ends_then_the_access_token_is_rejected() {
    let (service, session) = start_with_session(&[("ACCESS_TOKEN_LIFETIME", "1s")]).await;
    let caller = service.client.with_token(&session.string("access_token"));
    eventually_status("the token expires", 401, async || {
        caller.get("/api/me").await
    })
    .await
    .expect_detail(401, INCORRECT_TOKEN);
}

/// Refreshes a session until `is_done` returns true for a response's status.
async fn refresh_until(client: &Client, session: &mut Response, is_done: impl Fn(u16) -> bool) {
    eventually("the session is refreshed for long enough", async || {
        let response = refresh(client, session).await;
        if response.status == 200 {
            *session = response.clone();
        }
        let done = is_done(response.status).then_some(());
        done.ok_or(response.to_string())
    })
    .await;
}

#[tokio::test]
async fn given_two_sessions_when_one_is_idle_then_only_that_one_expires() {
    const IDLE: Duration = Duration::from_secs(3);
    let (service, unused) = start_with_session(&[("REFRESH_TOKEN_IDLE_LIFETIME", "3s")]).await;
    let client = &service.client;
    let start = Instant::now();
    let mut used = log_in(client).await;
    refresh_until(client, &mut used, |status| {
        assert_eq!(status, 200);
        start.elapsed() > IDLE
    })
    .await;
    let response = refresh(client, &unused).await;
    response.expect_detail(401, INCORRECT_TOKEN);
    refresh(client, &used).await.expect(200);
}

#[tokio::test]
async fn given_a_session_when_refreshed_continuously_then_it_still_expires() {
    let (service, mut session) = start_with_session(&[("REFRESH_TOKEN_LIFETIME", "3s")]).await;
    refresh_until(&service.client, &mut session, |status| status == 401).await;
}

#[tokio::test]
async fn given_a_session_when_stored_then_its_tokens_are_hashed_and_the_oldest_spent_ones_are_removed()
 {
    let (service, mut session) = start_with_session(&[]).await;
    let mut issued = vec![session.string("refresh_token")];
    for _ in 0..30 {
        session = refresh(&service.client, &session).await.expect(200);
        issued.push(session.string("refresh_token"));
    }
    let [document] = one(stored(&service, "refresh_tokens").await);
    let bytes = bson::serialize_to_vec(&document).expect("serialises");
    for text in issued {
        let raw = BASE64_URL_SAFE_NO_PAD.decode(&text).expect("base64url");
        for secret in [text.as_bytes(), &raw, &raw[..16], &raw[16..]] {
            let is_stored = bytes.windows(secret.len()).any(|window| window == secret);
            assert!(!is_stored, "{text} is stored: {document}");
        }
    }
    assert!(document.get_array("spent").expect("the last").len() <= 20);
}

/// The only document, because a session is one document.
fn one(documents: Vec<Document>) -> [Document; 1] {
    documents.try_into().expect("one document")
}

#[tokio::test]
async fn given_a_hundred_sessions_of_an_account_when_it_logs_in_then_only_the_oldest_ends() {
    let (service, oldest) = start_with_session(&[]).await;
    let sessions = service.collection("refresh_tokens");
    let [document] = one(stored(&service, "refresh_tokens").await);
    let ends_at = document.get_datetime("ends_at_latest").expect("its end");
    let earlier = ends_at.timestamp_millis() - 1_000;
    let ending = |later: u8| DateTime::from_millis(earlier + i64::from(later));
    let others = (1..100_u8).map(|number| {
        let mut other = document.clone();
        let (subtype, bytes) = (BinarySubtype::Generic, vec![number; 32]);
        other.insert("_id", Binary { subtype, bytes });
        other.insert("ends_at_latest", ending(number));
        other
    });
    let update = doc! { "$set": { "ends_at_latest": ending(0) } };
    let updated = sessions.update_one(doc! {}, update).await;
    updated.expect("updates");
    sessions.insert_many(others).await.expect("inserts");
    let newest = log_in(&service.client).await;
    assert_eq!(stored(&service, "refresh_tokens").await.len(), 100);
    let response = refresh(&service.client, &oldest).await;
    response.expect_detail(401, INCORRECT_TOKEN);
    refresh(&service.client, &newest).await.expect(200);
}
