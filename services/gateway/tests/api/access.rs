//! Access control.

use serde_json::{Value, json};
use testkit::{Claims, Client, Method, sign_hs256, sign_with_unknown_key};

use crate::support::{self, echo, gateway, gateway_with_keys, token, unused_address};

const NO_ACCESS: &str = "You have no access to this resource!";
const NOT_FOUND: &str = "Endpoint not found!";

async fn post(client: &Client, path: &str) -> testkit::Response {
    client.post(path, &json!({})).await
}

#[tokio::test]
async fn given_each_kind_of_caller_when_each_kind_of_call_is_made_then_the_route_table_decides() {
    let gateway = gateway(&[echo().await], &[]).await;
    let anonymous = &gateway.client;
    let (user, admin) = (gateway.client_of("user"), gateway.client_of("admin"));

    anonymous.get("/api/products").await.expect(200);
    user.get("/api/products").await.expect(200);
    let response = anonymous.get("/api/me").await;
    response.expect_detail(401, NO_ACCESS);
    user.get("/api/me").await.expect(200);
    post(&admin, "/api/orders").await.expect(200);
    let response = post(anonymous, "/api/products").await;
    response.expect_detail(401, NO_ACCESS);
    let response = post(&user, "/api/products").await;
    response.expect_detail(403, NO_ACCESS);
    post(&admin, "/api/products").await.expect(200);
}

#[tokio::test]
async fn given_invalid_tokens_when_a_call_is_made_then_only_session_calls_are_accepted() {
    let gateway = gateway(&[echo().await], &[]).await;
    let valid = token("admin");
    let mut altered = valid.clone().into_bytes();
    let middle = altered.len() / 2;
    altered[middle] = if altered[middle] == b'A' { b'B' } else { b'A' };
    let unsigned = valid.rsplit_once('.').unwrap().0.to_owned() + ".";
    let other_secret = "another secret of at least 32 bytes";
    for token in [
        sign_hs256(other_secret, &Claims::new("aaa@aaa.com", "admin")),
        support::expired_token(),
        String::from_utf8(altered).unwrap(),
        unsigned,
        "a.b.c".to_owned(),
        "x".repeat(9_000),
    ] {
        let caller = gateway.client.with_token(&token);
        for path in [
            "/api/products",
            "/api/me",
            "/api/products_health",
            "/api/orders/events",
        ] {
            let response = caller.get(path).await;
            response.expect_detail(401, "Incorrect token");
        }
        post(&caller, "/api/login").await.expect(200);
    }
    let basic = gateway.client.with_header("authorization", "Basic YTpi");
    let response = basic.get("/api/me").await;
    response.expect_detail(401, "Incorrect token");
    let twice = gateway.client_of("admin");
    let twice = twice.with_header("authorization", "Bearer x");
    for path in ["/api/products", "/api/orders"] {
        let detail = "There is more than one Authorization header.";
        twice.get(path).await.expect_detail(400, detail);
    }
}

#[tokio::test]
async fn given_a_token_when_a_call_is_forwarded_then_only_session_calls_lose_it() {
    let gateway = gateway(&[echo().await], &[]).await;
    let token = token("user");
    let client = gateway.client.with_token(&token);
    for path in ["/api/orders", "/api/products"] {
        let headers = client.get(path).await.json()["headers"].take();
        assert_eq!(headers["authorization"], format!("Bearer {token}"));
    }
    for path in ["/api/register", "/api/login", "/api/refresh", "/api/logout"] {
        let headers = post(&client, path).await.json()["headers"].take();
        assert_eq!(headers["authorization"], Value::Null, "{path}");
    }
}

#[tokio::test]
async fn given_no_key_set_yet_when_calls_are_made_then_only_those_with_a_token_get_503() {
    let jwks_url = format!("http://{}/jwks.json", unused_address().await);
    let gateway = gateway_with_keys(&[echo().await], &["--jwks-url", &jwks_url]).await;
    let token = sign_with_unknown_key(Some("key"), &Claims::new("aaa@aaa.com", "user"));
    let response = gateway.client.with_token(&token).get("/api/me").await;
    response.expect_detail(503, "Service unavailable!");
    gateway.get("/api/products").await.expect(200);
    gateway.get("/health/ready").await.expect(503);
    gateway.get("/health/live").await.expect(200);
}

#[tokio::test]
async fn given_chaos_endpoints_when_called_then_they_exist_only_if_enabled_and_only_for_admins() {
    let without = gateway(&[echo().await], &[]).await;
    let with = gateway(&[echo().await], &["--chaos-endpoints", "true"]).await;
    for name in ["authentication", "products", "orders"] {
        let path = format!("/api/{name}_error");
        let response = without.client_of("admin").get(&path).await;
        response.expect_detail(404, NOT_FOUND);
        with.get(&path).await.expect_detail(401, NO_ACCESS);
        let response = with.client_of("user").get(&path).await;
        response.expect_detail(403, NO_ACCESS);
        with.client_of("admin").get(&path).await.expect(200);
    }
}

#[tokio::test]
async fn given_a_method_that_a_path_does_not_have_when_called_then_405_with_the_allowed_methods() {
    let gateway = gateway(&[echo().await], &[]).await;
    let brew = Method::from_bytes(b"BREW").unwrap();
    for (path, allowed) in [
        ("/api/products", "GET,HEAD,POST,PATCH"),
        ("/api/login", "POST"),
        ("/api/docs", "GET,HEAD"),
        ("/api/openapi.json", "GET,HEAD"),
        ("/health/live", "GET,HEAD"),
        ("/metrics", "GET,HEAD"),
    ] {
        for method in [Method::TRACE, Method::DELETE, Method::OPTIONS, brew.clone()] {
            let response = gateway.client.send(method.clone(), path, None).await;
            assert_eq!(response.status, 405, "{method} {path}");
            assert_eq!(response.header("allow"), Some(allowed), "{method} {path}");
            if path.starts_with("/api") {
                response.expect_problem(405);
            }
        }
    }
}

#[tokio::test]
async fn given_unknown_paths_when_called_then_404() {
    let gateway = gateway(&[echo().await], &[]).await;
    for client in [gateway.client.clone(), gateway.client_of("admin")] {
        for path in [
            "/",
            "/api",
            "/api/",
            "/api/nothing",
            "/api/products/",
            "/api/products/chair",
            "/api//products",
            "/API/products",
            "/api/orders/1/2",
            "/api/../etc/passwd",
            "/api/%00",
            "/api-docs/openapi.json",
            "/.well-known/jwks.json",
        ] {
            client.get(path).await.expect_detail(404, NOT_FOUND);
        }
    }
}

#[tokio::test]
async fn given_known_paths_when_called_with_another_method_then_405_with_allow() {
    let gateway = gateway(&[echo().await], &[]).await;
    let admin = gateway.client_of("admin");
    for (method, path, expected) in [
        (Method::DELETE, "/api/products", "GET, HEAD, PATCH, POST"),
        (Method::PUT, "/api/products", "GET, HEAD, PATCH, POST"),
        (Method::GET, "/api/login", "POST"),
        (Method::PATCH, "/api/register", "POST"),
        (Method::POST, "/api/me", "GET, HEAD"),
        (Method::DELETE, "/api/categories", "GET, HEAD, POST"),
        (Method::PUT, "/api/orders", "GET, HEAD, POST"),
        (
            Method::POST,
            "/api/orders/71fefe4a1cad4140785928a4",
            "GET, HEAD",
        ),
    ] {
        let response = admin.send(method, path, None).await;
        response.expect_detail(405, "The method is not allowed at this address.");
        let allowed = response.header("allow").unwrap();
        let mut allowed: Vec<&str> = allowed.split(',').map(str::trim).collect();
        allowed.sort_unstable();
        assert_eq!(allowed.join(", "), expected, "{response}");
    }
}
