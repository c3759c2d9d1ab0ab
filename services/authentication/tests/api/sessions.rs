//! Logging in, refreshing and logging out.

use insta::assert_json_snapshot;
use testkit::credentials;

use crate::support::{EMAIL, log_in, refresh, register, start};

#[tokio::test]
async fn given_an_account_when_logged_in_then_the_response_has_both_tokens() {
    let service = start().await;
    let tokens = log_in(&service).await;
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
}

#[tokio::test]
async fn given_a_wrong_password_or_email_when_logged_in_then_the_problem_is_the_same() {
    let service = start().await;
    register(&service).await;
    let log_in = async |email: &str| {
        let body = credentials(email, "a wrong password");
        service
            .client
            .post("/api/login", &body)
            .await
            .expect_problem(401)
    };
    let mut problem = log_in(EMAIL).await;
    assert_json_snapshot!(problem, { ".instance" => "[request id]" }, @r#"
    {
      "type": "/problems/incorrect-credentials",
      "title": "Unauthorized",
      "status": 401,
      "detail": "Incorrect e-mail or password",
      "instance": "[request id]"
    }
    "#);
    let mut other = log_in("unknown@example.com").await;
    problem["instance"].take();
    other["instance"].take();
    assert_eq!(other, problem);
}

#[tokio::test]
async fn given_a_refresh_token_when_refreshed_then_both_tokens_are_new_and_valid() {
    let service = start().await;
    let first = log_in(&service).await;
    let second = refresh(&service, &first.string("refresh_token"))
        .await
        .expect(200);
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
    let me = service
        .client
        .with_token(&second.string("access_token"))
        .get("/api/me")
        .await;
    assert_eq!(me.expect(200).json()["email"], EMAIL);
    refresh(&service, &second.string("refresh_token"))
        .await
        .expect(200);
}

#[tokio::test]
async fn given_a_session_when_logged_out_then_its_refresh_token_is_incorrect() {
    let service = start().await;
    let token = log_in(&service).await.string("refresh_token");
    let body = serde_json::json!({ "refresh_token": token });
    let logged_out = service.client.post("/api/logout", &body).await.expect(204);
    assert_eq!(logged_out.text(), "");
    let refreshed = refresh(&service, &token).await;
    assert_json_snapshot!(refreshed.expect_problem(401), { ".instance" => "[request id]" }, @r#"
    {
      "type": "/problems/incorrect-token",
      "title": "Unauthorized",
      "status": 401,
      "detail": "Incorrect token",
      "instance": "[request id]"
    }
    "#);
}
