//! Access control.

use identity::Role;
use reqwest::header::AUTHORIZATION;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::support::{self, echo, gateway, gateway_without_keys};

const NO_ACCESS: &str = "You have no access to this resource!";

async fn check(request: reqwest::RequestBuilder, status: u16, detail: Option<&str>) {
    let response = request.send().await.unwrap();
    let url = response.url().to_string();
    assert_eq!(response.status().as_u16(), status, "{url}");
    let Some(detail) = detail else { return };
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json",
        "{url}"
    );
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["detail"], detail, "{url}");
    assert_eq!(problem["status"], status, "{url}");
    assert!(problem["instance"].is_string(), "{url}");
}

#[tokio::test]
async fn given_each_kind_of_caller_when_each_kind_of_call_is_made_then_the_route_table_decides() {
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
    let by_user = post("/api/products").bearer_auth(&user);
    check(by_user, 403, Some(NO_ACCESS)).await;
    check(post("/api/products").bearer_auth(&admin), 200, None).await;
}

#[tokio::test]
async fn given_invalid_tokens_when_a_call_is_made_then_only_session_calls_are_accepted() {
    let gateway = gateway(&[echo().await], &[]).await;
    let valid = gateway.token(Role::Admin);
    let mut altered = valid.clone().into_bytes();
    let middle = altered.len() / 2;
    altered[middle] = if altered[middle] == b'A' { b'B' } else { b'A' };
    let unsigned = valid.rsplit_once('.').unwrap().0.to_owned() + ".";
    let invalid = [
        support::forged_token(),
        gateway.expired_token(),
        String::from_utf8(altered).unwrap(),
        unsigned,
        "a.b.c".to_owned(),
        "x".repeat(9_000),
    ];
    for token in &invalid {
        for path in [
            "/api/products",
            "/api/me",
            "/api/products_health",
            "/api/orders/events",
        ] {
            let call = gateway.get(path).bearer_auth(token);
            check(call, 401, Some("Incorrect token")).await;
        }
        check(gateway.post("/api/login").bearer_auth(token), 200, None).await;
    }
    let basic = gateway.get("/api/me").header(AUTHORIZATION, "Basic YTpi");
    check(basic, 401, Some("Incorrect token")).await;
    let twice = gateway
        .get("/api/products")
        .bearer_auth(&valid)
        .header(AUTHORIZATION, "Bearer x");
    let detail = "There is more than one Authorization header.";
    check(twice, 400, Some(detail)).await;
}

#[tokio::test]
async fn given_a_token_when_a_call_is_forwarded_then_only_session_calls_lose_it() {
    let gateway = gateway(&[echo().await], &[]).await;
    let token = gateway.token(Role::User);
    let forwarded_headers = async |request: reqwest::RequestBuilder| -> Value {
        let response = request.bearer_auth(&token).send().await.unwrap();
        response.json::<Value>().await.unwrap()["headers"].take()
    };
    for path in ["/api/orders", "/api/products"] {
        let headers = forwarded_headers(gateway.get(path)).await;
        assert_eq!(headers["authorization"], format!("Bearer {token}"));
    }
    for path in ["/api/register", "/api/login", "/api/refresh", "/api/logout"] {
        let headers = forwarded_headers(gateway.post(path)).await;
        assert!(headers.get("authorization").is_none(), "{path}");
    }
}

#[tokio::test]
async fn given_no_key_set_yet_when_calls_are_made_then_only_those_with_a_token_get_503() {
    let jwks_url = format!("http://{}/jwks.json", support::unused_address().await);
    let gateway = gateway_without_keys(&[echo().await], &["--jwks-url", &jwks_url]).await;
    let token = gateway.token(Role::User);
    let with_token = gateway.get("/api/me").bearer_auth(&token);
    check(with_token, 503, Some("Service unavailable!")).await;
    check(gateway.get("/api/products"), 200, None).await;
    check(gateway.get("/health/ready"), 503, None).await;
    check(gateway.get("/health/live"), 200, None).await;
}

#[tokio::test]
async fn given_chaos_endpoints_when_called_then_they_exist_only_if_enabled_and_only_for_admins() {
    let without = gateway(&[echo().await], &[]).await;
    let admin = without.token(Role::Admin);
    let not_found = Some("Endpoint not found!");
    for name in ["authentication", "products", "orders"] {
        let call = without.get(&format!("/api/{name}_error"));
        check(call.bearer_auth(&admin), 404, not_found).await;
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
async fn given_unknown_paths_and_methods_when_called_then_404_and_405() {
    let gateway = gateway(&[echo().await], &[]).await;
    let not_found = Some("Endpoint not found!");
    for path in [
        "/",
        "/api",
        "/api/nothing",
        "/api/products/",
        "/api//products",
        "/API/products",
        "/api/orders/1/2",
        "/api-docs/openapi.json",
        "/.well-known/jwks.json",
    ] {
        check(gateway.get(path), 404, not_found).await;
    }
    let delete = gateway.request(Method::DELETE, "/api/products");
    let response = delete.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    let allowed = response.headers()["allow"].to_str().unwrap();
    let mut allowed: Vec<&str> = allowed.split(',').map(str::trim).collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "PATCH", "POST"]);
    let detail = "The method is not allowed at this address.";
    check(gateway.get("/api/login"), 405, Some(detail)).await;
}
