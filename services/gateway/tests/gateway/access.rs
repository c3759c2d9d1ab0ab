//! Who gets through.

use identity::Role;
use reqwest::StatusCode;
use reqwest::header::AUTHORIZATION;
use serde_json::Value;

use crate::support::{self, echo, gateway, gateway_without_keys};

const NO_ACCESS: &str = "You have no access to this resource!";

async fn check(request: reqwest::RequestBuilder, status: u16, detail: Option<&str>) {
    let answer = request.send().await.unwrap();
    let url = answer.url().to_string();
    assert_eq!(answer.status().as_u16(), status, "{url}");
    let Some(detail) = detail else { return };
    assert_eq!(
        answer.headers()["content-type"],
        "application/problem+json",
        "{url}"
    );
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["detail"], detail, "{url}");
    assert_eq!(problem["status"], status, "{url}");
    assert!(problem["instance"].is_string(), "{url}");
}

#[tokio::test]
async fn given_each_kind_of_caller_when_each_kind_of_call_is_made_then_the_table_decides() {
    let gateway = gateway(&[echo().await], &[]).await;
    let (user, admin) = (gateway.token(Role::User), gateway.token(Role::Admin));
    let get = |path: &str| gateway.get(path);
    let post = |path: &str| gateway.post(path);

    check(get("/api/products"), 200, None).await;
    check(get("/api/products").bearer_auth(&user), 200, None).await;
    check(get("/api/me"), 401, Some(NO_ACCESS)).await;
    check(get("/api/me").bearer_auth(&user), 200, None).await;
    check(post("/api/orders").bearer_auth(&admin), 200, None).await;
    check(post("/api/products"), 401, Some(NO_ACCESS)).await;
    check(
        post("/api/products").bearer_auth(&user),
        403,
        Some(NO_ACCESS),
    )
    .await;
    check(post("/api/products").bearer_auth(&admin), 200, None).await;
}

#[tokio::test]
async fn given_bad_tokens_when_any_call_but_a_session_call_is_made_then_it_is_refused() {
    let gateway = gateway(&[echo().await], &[]).await;
    let good = gateway.token(Role::Admin);
    let mut altered = good.clone().into_bytes();
    let middle = altered.len() / 2;
    altered[middle] = if altered[middle] == b'A' { b'B' } else { b'A' };
    let unsigned = good.rsplit_once('.').unwrap().0.to_owned() + ".";
    let bad = [
        support::forged_token(),
        gateway.expired_token(),
        String::from_utf8(altered).unwrap(),
        unsigned,
        "a.b.c".to_owned(),
        "x".repeat(9_000),
    ];
    for token in &bad {
        for path in [
            "/api/products",
            "/api/me",
            "/api/products_health",
            "/api/orders/events",
        ] {
            check(
                gateway.get(path).bearer_auth(token),
                401,
                Some("Incorrect token"),
            )
            .await;
        }
        check(gateway.post("/api/login").bearer_auth(token), 200, None).await;
    }
    check(
        gateway.get("/api/me").header(AUTHORIZATION, "Basic YTpi"),
        401,
        Some("Incorrect token"),
    )
    .await;
    let twice = gateway
        .get("/api/products")
        .bearer_auth(&good)
        .header(AUTHORIZATION, "Bearer x");
    check(
        twice,
        400,
        Some("There is more than one Authorization header."),
    )
    .await;
}

#[tokio::test]
async fn given_a_token_when_a_call_passes_then_it_is_passed_on_unchanged_except_to_session_calls() {
    let gateway = gateway(&[echo().await], &[]).await;
    let token = gateway.token(Role::User);
    let seen = async |request: reqwest::RequestBuilder| -> Value {
        request
            .bearer_auth(&token)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    };
    for path in ["/api/orders", "/api/products"] {
        assert_eq!(
            seen(gateway.get(path)).await["headers"]["authorization"],
            format!("Bearer {token}")
        );
    }
    for path in ["/api/register", "/api/login", "/api/refresh", "/api/logout"] {
        assert!(
            seen(gateway.post(path)).await["headers"]
                .get("authorization")
                .is_none(),
            "{path}"
        );
    }
}

#[tokio::test]
async fn given_no_keys_yet_when_tokens_come_then_only_they_are_answered_503() {
    let nobody = format!("http://{}/jwks.json", support::nobody().await);
    let gateway = gateway_without_keys(&[echo().await], &["--jwks-url", &nobody]).await;
    let token = gateway.token(Role::User);
    check(
        gateway.get("/api/me").bearer_auth(&token),
        503,
        Some("Service unavailable!"),
    )
    .await;
    check(gateway.get("/api/products"), 200, None).await;
    check(gateway.get("/health/ready"), 503, None).await;
    check(gateway.get("/health/live"), 200, None).await;
}

#[tokio::test]
async fn given_calls_that_end_a_process_when_asked_for_then_they_exist_only_if_set_and_for_admins()
{
    let without = gateway(&[echo().await], &[]).await;
    let admin = without.token(Role::Admin);
    let not_found = Some("Endpoint not found!");
    for name in ["authentication", "products", "orders"] {
        check(
            without
                .get(&format!("/api/{name}_error"))
                .bearer_auth(&admin),
            404,
            not_found,
        )
        .await;
    }
    let with = gateway(&[echo().await], &["--chaos-endpoints", "true"]).await;
    let (user, admin) = (with.token(Role::User), with.token(Role::Admin));
    for name in ["authentication", "products", "orders"] {
        let path = format!("/api/{name}_error");
        check(with.get(&path), 401, Some(NO_ACCESS)).await;
        check(with.get(&path).bearer_auth(&user), 403, Some(NO_ACCESS)).await;
        check(with.get(&path).bearer_auth(&admin), 200, None).await;
    }
}

#[tokio::test]
async fn given_paths_and_methods_that_do_not_exist_when_asked_for_then_404_and_405() {
    let gateway = gateway(&[echo().await], &[]).await;
    let not_found = Some("Endpoint not found!");
    for path in [
        "/",
        "/api",
        "/api/nothing",
        "/api/products/",
        "/api//products",
        "/API/products",
    ] {
        check(gateway.get(path), 404, not_found).await;
    }
    for path in [
        "/api/orders/1/2",
        "/api-docs/openapi.json",
        "/.well-known/jwks.json",
    ] {
        check(gateway.get(path), 404, not_found).await;
    }
    let answer = gateway
        .client
        .delete(gateway.url("/api/products"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    let allowed = answer.headers()["allow"].to_str().unwrap();
    let mut allowed: Vec<&str> = allowed.split(',').map(str::trim).collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "PATCH", "POST"]);
    check(
        gateway.get("/api/login"),
        405,
        Some("This address does not take that method."),
    )
    .await;
}
