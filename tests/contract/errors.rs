//! The error responses of the contract.

use serde_json::{Value, json};
use testkit::{BACKENDS, Client, Method, Response, Shop, order, product};

const ENDPOINT_NOT_FOUND: &str = "Endpoint not found!";
const NO_ACCESS: &str = "You have no access to this resource!";

#[tokio::test]
async fn given_unknown_paths_when_called_then_404_endpoint_not_found() {
    let shop = Shop::start().await;
    let callers = [shop.anonymous(), shop.admin().await];
    for path in [
        "/",
        "/api",
        "/api/",
        "/api/nothing",
        "/api/products/chair",
        "/api/../etc/passwd",
        "/api/%00",
    ] {
        for caller in &callers {
            let response = caller.get(path).await;
            response.expect_detail(404, ENDPOINT_NOT_FOUND);
        }
    }
    for service in BACKENDS {
        let response = shop.direct(service).get("/api/nothing").await;
        response.expect_detail(404, ENDPOINT_NOT_FOUND);
    }
}

#[tokio::test]
async fn given_known_paths_when_called_with_another_method_then_405_with_allow() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    for (method, path, allowed) in [
        (Method::DELETE, "/api/products", "PATCH"),
        (Method::PUT, "/api/products", "GET"),
        (Method::GET, "/api/login", "POST"),
        (Method::PATCH, "/api/register", "POST"),
        (Method::POST, "/api/me", "GET"),
        (Method::DELETE, "/api/categories", "POST"),
        (Method::PUT, "/api/orders", "POST"),
        (Method::POST, "/api/orders/71fefe4a1cad4140785928a4", "GET"),
    ] {
        let response = admin.send(method, path, None).await;
        response.expect_problem(405);
        let allow = response.header("allow").unwrap_or_default();
        let mut methods = allow.split(',').map(str::trim);
        assert!(
            methods.any(|method| method == allowed),
            "{response}: {allow}"
        );
    }
}

/// Makes the calls that only admins may make.
async fn call_as_admin(client: &Client) -> Vec<Response> {
    let restock = json!({ "add_quantity": 1 });
    let category = json!({ "name": "x" });
    vec![
        client.post("/api/products", &product("x", 1.0, 1)).await,
        client.patch("/api/products?name=chair", &restock).await,
        client.post("/api/categories", &category).await,
    ]
}

#[tokio::test]
async fn given_no_token_when_one_is_required_then_401_no_access() {
    let shop = Shop::start().await;
    let client = shop.anonymous();
    let mut responses = call_as_admin(&client).await;
    let order = order(&[("chair", 1)]);
    responses.push(client.post("/api/orders", &order).await);
    for path in [
        "/api/orders",
        "/api/orders/71fefe4a1cad4140785928a4",
        "/api/orders/events",
        "/api/me",
    ] {
        responses.push(client.get(path).await);
    }
    // The services check tokens themselves, and ignore headers that name a caller.
    let impostor = shop
        .direct("orders")
        .with_header("x-user-email", "admin@admin.com")
        .with_header("x-user-role", "admin");
    responses.push(impostor.get("/api/orders").await);
    responses.extend(call_as_admin(&shop.direct("products")).await);
    for response in responses {
        response.expect_detail(401, NO_ACCESS);
    }
}

#[tokio::test]
async fn given_a_user_when_a_call_is_for_admins_then_403_no_access() {
    let shop = Shop::start().await;
    let user = shop.user().await;
    for client in [user.at(&shop.url("products")), user] {
        for response in call_as_admin(&client).await {
            response.expect_detail(403, NO_ACCESS);
        }
    }
}

#[tokio::test]
async fn given_an_oversized_body_when_sent_then_413_and_the_next_request_succeeds() {
    let shop = Shop::start().await;
    let login = async |body: &Value| shop.anonymous().post("/api/login", body).await;
    // Larger than the limit and smaller than the socket buffers, so writing it succeeds.
    let body = json!({ "email": "x".repeat(40_000), "password": "x" });
    for _ in 0..50 {
        login(&body).await.expect_problem(413);
        login(&json!({})).await.expect_problem(422);
    }
    let user = shop.user().await;
    let name = "x".repeat(3_000_000);
    let body = order(&[(&name, 1)]);
    for client in [user.at(&shop.url("orders")), user] {
        let response = client.post("/api/orders", &body).await;
        response.expect_problem(413);
    }
    login(&json!({ "email": name })).await.expect_problem(413);
}

#[tokio::test]
async fn given_a_rate_limit_when_an_address_exceeds_it_then_429_with_retry_after() {
    let shop = Shop::builder()
        .env("gateway", "RATE_LIMIT_PER_SECOND", "5")
        .start()
        .await;
    let client = shop.anonymous();
    let calls = (0..100).map(|_| client.get("/api/categories"));
    let responses = futures::future::join_all(calls).await;
    let (rejected, others): (Vec<_>, Vec<_>) = responses
        .iter()
        .partition(|response| response.status == 429);
    assert!(rejected.len() >= 50, "{} were rejected", rejected.len());
    rejected[0].expect_problem(429);
    assert!(
        others.iter().any(|response| response.status == 200),
        "none was accepted"
    );
}

#[tokio::test]
async fn given_an_unknown_product_when_read_changed_or_ordered_then_the_problem_type_is_the_same() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    let path = "/api/products?name=nothing";
    let responses = [
        admin.get(path).await,
        admin.patch(path, &json!({ "add_quantity": 1 })).await,
        admin.post("/api/orders", &order(&[("nothing", 1)])).await,
    ];
    for response in responses {
        let problem = response.expect_detail(404, "The requested product does not exist.");
        assert_eq!(problem["type"], "/problems/unknown-product", "{response}");
    }
}
