//! The table of errors.

use serde_json::json;
use testkit::{Shop, order};

#[tokio::test]
async fn given_unknown_paths_when_called_then_404_endpoint_not_found() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    for path in [
        "/",
        "/api",
        "/api/",
        "/api/nothing",
        "/api/products/chair",
        "/api/../etc/passwd",
        "/api/%00",
    ] {
        shop.visitor()
            .get(path)
            .await
            .says(404, "Endpoint not found!");
        admin.get(path).await.says(404, "Endpoint not found!");
    }
    for service in ["authentication", "products", "orders"] {
        shop.direct(service)
            .get("/api/nothing")
            .await
            .says(404, "Endpoint not found!");
    }
}

#[tokio::test]
async fn given_known_paths_when_called_with_another_method_then_405_with_allow() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    let check = async |method: &str, path: &str, allowed: &str| {
        let method = method.parse().expect("a method");
        let answer = admin.send(method, path, None).await;
        answer.problem(405);
        let allow = answer.header("allow").unwrap_or_default();
        assert!(
            allow.split(',').any(|method| method.trim() == allowed),
            "{answer}: {allow}"
        );
    };
    check("DELETE", "/api/products", "PATCH").await;
    check("PUT", "/api/products", "GET").await;
    check("GET", "/api/login", "POST").await;
    check("PATCH", "/api/register", "POST").await;
    check("POST", "/api/me", "GET").await;
    check("DELETE", "/api/categories", "POST").await;
    check("PUT", "/api/orders", "POST").await;
    check("POST", "/api/orders/71fefe4a1cad4140785928a4", "GET").await;
}

#[tokio::test]
async fn given_no_token_when_one_is_needed_then_401_no_access() {
    let shop = Shop::start().await;
    let visitor = shop.visitor();
    let product = json!({ "product": { "name": "x", "description": "x", "price": 1, "quantity": 1, "categories": ["kitchen"] } });
    let sentence = "You have no access to this resource!";
    visitor
        .post("/api/orders", &order(&[("chair", 1)]))
        .await
        .says(401, sentence);
    visitor.get("/api/orders").await.says(401, sentence);
    visitor
        .get("/api/orders/71fefe4a1cad4140785928a4")
        .await
        .says(401, sentence);
    visitor.get("/api/orders/events").await.says(401, sentence);
    visitor.get("/api/me").await.says(401, sentence);
    visitor
        .post("/api/products", &product)
        .await
        .says(401, sentence);
    visitor
        .patch("/api/products?name=chair", &json!({ "add_quantity": 1 }))
        .await
        .says(401, sentence);
    visitor
        .post("/api/categories", &json!({ "name": "x" }))
        .await
        .says(401, sentence);
    // Around the gateway it is no different, and headers that claim to know the caller count for nothing.
    let pretender = shop
        .direct("orders")
        .with_header("x-user-email", "admin@admin.com")
        .with_header("x-user-role", "admin");
    pretender.get("/api/orders").await.says(401, sentence);
    shop.direct("products")
        .post("/api/products", &product)
        .await
        .says(401, sentence);
}

#[tokio::test]
async fn given_a_user_when_a_call_is_for_admins_then_403_no_access() {
    let shop = Shop::start().await;
    let user = shop.user().await;
    let product = json!({ "product": { "name": "x", "description": "x", "price": 1, "quantity": 1, "categories": ["kitchen"] } });
    let sentence = "You have no access to this resource!";
    user.post("/api/products", &product)
        .await
        .says(403, sentence);
    user.patch("/api/products?name=chair", &json!({ "add_quantity": 1 }))
        .await
        .says(403, sentence);
    user.post("/api/categories", &json!({ "name": "x" }))
        .await
        .says(403, sentence);
    user.at(&shop.url("products"))
        .post("/api/products", &product)
        .await
        .says(403, sentence);
}

#[tokio::test]
async fn given_a_body_beyond_any_order_when_sent_then_413_and_the_client_can_go_on() {
    let shop = Shop::start().await;
    // More than is taken and less than fits into the buffers on the way: nobody notices in writing.
    let body = json!({ "email": "x".repeat(40_000), "password": "x" });
    for _ in 0..50 {
        shop.visitor().post("/api/login", &body).await.problem(413);
        shop.visitor()
            .post("/api/login", &json!({}))
            .await
            .problem(422);
    }
    let user = shop.user().await;
    let body = json!({ "products": [{ "name": "x".repeat(3_000_000), "quantity": 1 }] });
    user.post("/api/orders", &body).await.problem(413);
    user.at(&shop.url("orders"))
        .post("/api/orders", &body)
        .await
        .problem(413);
    shop.visitor()
        .post("/api/login", &json!({ "email": "x".repeat(3_000_000) }))
        .await
        .problem(413);
}

#[tokio::test]
async fn given_a_limit_when_an_address_asks_more_often_then_429_with_retry_after() {
    let shop = Shop::builder()
        .env("gateway", "RATE_LIMIT_PER_SECOND", "5")
        .start()
        .await;
    let visitor = shop.visitor();
    let answers = futures::future::join_all((0..100).map(|_| visitor.get("/api/categories"))).await;
    let refused: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status == 429)
        .collect();
    assert!(
        refused.len() >= 50,
        "only {} of 100 were refused",
        refused.len()
    );
    refused[0].problem(429);
    assert!(
        answers.iter().any(|answer| answer.status == 200),
        "none of 100 passed"
    );
}

#[tokio::test]
async fn given_an_unknown_product_when_read_changed_or_ordered_then_the_error_has_one_type() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    let path = "/api/products?name=nothing";
    let answers = [
        admin.get(path).await,
        admin.patch(path, &json!({ "add_quantity": 1 })).await,
        admin.post("/api/orders", &order(&[("nothing", 1)])).await,
    ];
    for answer in answers {
        let problem = answer.says(404, "The requested product does not exist.");
        assert_eq!(problem["type"], "/problems/unknown-product", "{answer}");
    }
}
