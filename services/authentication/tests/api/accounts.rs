//! Registration, and reading an account.

use insta::assert_json_snapshot;
use testkit::credentials;

use crate::support::{EMAIL, PASSWORD, log_in, register, start};

#[tokio::test]
async fn given_no_account_when_registered_then_it_is_a_user_with_an_email_in_lower_case() {
    let service = start().await;
    let body = credentials("Ada@Example.com", PASSWORD);
    let registered = service.client.post("/api/register", &body).await;
    assert_json_snapshot!(registered.expect(201).json(), @r#"
    {
      "email": "ada@example.com",
      "role": "user"
    }
    "#);
}

#[tokio::test]
async fn given_an_account_when_registrations_are_invalid_then_each_problem_names_the_reason() {
    let service = start().await;
    register(&service).await;
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
    let service = start().await;
    let tokens = log_in(&service).await;
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
