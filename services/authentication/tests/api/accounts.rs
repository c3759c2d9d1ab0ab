//! Registration, and reading an account.

use insta::assert_json_snapshot;
use serde_json::json;
use testkit::credentials;

use crate::support::{
    EMAIL, PASSWORD, register, serve, start, start_with, start_with_session, stored,
};

#[tokio::test]
async fn given_no_account_when_registered_then_it_is_a_user_with_an_email_in_lower_case() {
    let service = start().await;
    let mut body = credentials("Ada@Example.com", PASSWORD);
    body["role"] = json!("admin");
    body["admin"] = json!(true);
    let registered = service.client.post("/api/register", &body).await;
    let registered = registered.expect(201).json();
    assert_json_snapshot!(registered, @r#"
    {
      "email": "ada@example.com",
      "role": "user"
    }
    "#);
    let body = credentials("ADA@example.com", PASSWORD);
    let tokens = service.client.post("/api/login", &body).await.expect(200);
    let user = service.client.with_token(&tokens.string("access_token"));
    assert_eq!(user.get("/api/me").await.expect(200).json(), registered);
}

#[tokio::test]
async fn given_no_development_data_when_started_then_there_are_no_accounts() {
    let service = start().await;
    for email in ["aaa@aaa.com", "admin@admin.com"] {
        let body = credentials(email, email);
        let response = service.client.post("/api/login", &body).await;
        response.expect_detail(401, "Incorrect e-mail or password");
    }
    assert!(stored(&service, "users").await.is_empty());
}

#[tokio::test]
async fn given_development_accounts_when_started_without_development_data_then_they_are_removed() {
    let service = start_with(&[("SEED_DATA", "true")]).await;
    register(&service.client).await;
    let body = credentials("admin@admin.com", "admin@admin.com");
    let tokens = service.client.post("/api/login", &body).await.expect(200);

    let service = service.restart(&[("SEED_DATA", "false")], serve).await;

    let response = service.client.post("/api/login", &body).await;
    response.expect_detail(401, "Incorrect e-mail or password");
    let body = json!({ "refresh_token": tokens.string("refresh_token") });
    service.client.post("/api/refresh", &body).await.expect(401);
    let emails: Vec<_> = stored(&service, "users").await;
    assert_eq!(emails.len(), 1, "the registered account stays: {emails:?}");
}

#[tokio::test]
async fn given_a_taken_or_invalid_email_when_registered_then_400_not_acceptable() {
    let service = start().await;
    register(&service.client).await;
    for email in [
        EMAIL,
        "ADA@EXAMPLE.COM",
        "",
        "a",
        "@",
        "a@",
        "@a.b",
        "a b@c.d",
        "a@b@c.d",
        "a@b.c\u{0}",
        "a\n@b.c",
        &format!("{}@test.example", "a".repeat(400)),
    ] {
        let account = credentials(email, "correct horse");
        let response = service.client.post("/api/register", &account).await;
        response.expect_detail(400, "This e-mail is not acceptable");
    }
}

#[tokio::test]
async fn given_passwords_when_registered_then_weak_ones_are_422_on_password() {
    let service = start().await;
    let register = async |email: &str, password: &str| {
        let account = credentials(email, password);
        service.client.post("/api/register", &account).await
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
        let response = register("weak@test.example", weak).await;
        response.expect_field_error("password");
    }
    for (email, password) in [
        ("long@test.example", "long ".repeat(25).as_str()),
        ("umlaut@test.example", "Ärger mit 𝄞!"),
        ("spaces@test.example", "  a b c d e  "),
    ] {
        register(email, password).await.expect(201);
    }
    let trimmed = credentials("spaces@test.example", "a b c d e");
    let response = service.client.post("/api/login", &trimmed).await;
    response.expect_detail(401, "Incorrect e-mail or password");
}

#[tokio::test]
async fn given_an_account_when_registrations_are_invalid_then_each_problem_names_the_reason() {
    let service = start().await;
    register(&service.client).await;
    let taken = service
        .client
        .post("/api/register", &credentials(EMAIL, PASSWORD))
        .await;
    assert_json_snapshot!(taken.expect_problem(400), { ".instance" => "[request id]" }, @r#"
    {
      "type": "/problems/unacceptable-email",
      "title": "Bad Request",
      "status": 400,
      "detail": "This e-mail is not acceptable",
      "instance": "[request id]"
    }
    "#);
    let short = service
        .client
        .post("/api/register", &credentials("b@example.com", "short"))
        .await;
    assert_json_snapshot!(short.expect_problem(422), { ".instance" => "[request id]" }, @r#"
    {
      "type": "/problems/invalid-input",
      "title": "Unprocessable Entity",
      "status": 422,
      "detail": "password: must have at least 8 characters",
      "instance": "[request id]",
      "errors": [
        {
          "field": "password",
          "message": "must have at least 8 characters"
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn given_a_session_when_the_account_is_read_then_it_is_that_of_the_token() {
    let (service, tokens) = start_with_session(&[]).await;
    let me = service
        .client
        .with_token(&tokens.string("access_token"))
        .get("/api/me")
        .await;
    assert_json_snapshot!(me.expect(200).json(), @r#"
    {
      "email": "ada@example.com",
      "role": "user"
    }
    "#);
    let anonymous = service.client.get("/api/me").await;
    assert_json_snapshot!(anonymous.expect_problem(401), { ".instance" => "[request id]" }, @r#"
    {
      "type": "/problems/no-token",
      "title": "Unauthorized",
      "status": 401,
      "detail": "You have no access to this resource!",
      "instance": "[request id]"
    }
    "#);
    let forged = service.client.with_token("forged").get("/api/me").await;
    assert_json_snapshot!(forged.expect_problem(401), { ".instance" => "[request id]" }, @r#"
    {
      "type": "/problems/incorrect-token",
      "title": "Unauthorized",
      "status": 401,
      "detail": "Incorrect token",
      "instance": "[request id]"
    }
    "#);
}

/// The same text, whose letters are composed (NFC) or decomposed (NFD).
const COMPOSED: &str = "Żółć z Kraków";
const DECOMPOSED: &str = "Z\u{307}o\u{301}łc\u{301} z Krako\u{301}w";

#[tokio::test]
async fn given_a_password_when_it_is_typed_in_another_normal_form_then_it_is_right() {
    let service = start().await;
    let accounts = [
        ("composed@test.example", COMPOSED),
        ("decomposed@test.example", DECOMPOSED),
    ];
    for (email, password) in accounts {
        let account = credentials(email, password);
        service
            .client
            .post("/api/register", &account)
            .await
            .expect(201);
        for typed in [COMPOSED, DECOMPOSED] {
            let body = credentials(email, typed);
            service.client.post("/api/login", &body).await.expect(200);
        }
        let other = credentials(email, "Zołc z Krakow");
        let response = service.client.post("/api/login", &other).await;
        response.expect_detail(401, "Incorrect e-mail or password");
    }
}

#[tokio::test]
async fn given_a_long_password_when_its_decomposed_form_is_longer_than_allowed_then_it_is_right() {
    let service = start().await;
    let composed = "ü".repeat(128);
    let account = credentials(EMAIL, &composed);
    service
        .client
        .post("/api/register", &account)
        .await
        .expect(201);
    let decomposed = credentials(EMAIL, &"u\u{308}".repeat(128));
    service
        .client
        .post("/api/login", &decomposed)
        .await
        .expect(200);
}
