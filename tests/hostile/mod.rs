//! Hostile input: always a problem document with the contract's status and without internals, never
//! a 5xx.

mod attack;
mod bodies;
mod headers;
mod logs;
mod resource_limits;
mod values;

use serde_json::{Value, json};
use testkit::{Client, Method, Response, credentials, order, product};

/// All calls with a body: method, path, and a valid body.
fn calls() -> [(Method, &'static str, Value); 8] {
    let account = credentials("new@test.example", "a long sentence");
    let session = json!({ "refresh_token": "x" });
    let change =
        json!({ "description": "x", "price": 1.5, "categories": ["kitchen"], "add_quantity": 1 });
    [
        (Method::POST, "/api/register", account.clone()),
        (Method::POST, "/api/login", account),
        (Method::POST, "/api/refresh", session.clone()),
        (Method::POST, "/api/logout", session),
        (Method::POST, "/api/products", product("x", 1.5, 1)),
        (Method::PATCH, "/api/products?name=chair", change),
        (Method::POST, "/api/categories", json!({ "name": "x" })),
        (Method::POST, "/api/orders", order(&[("chair", 1)])),
    ]
}

/// Sends any bytes as JSON.
async fn send(client: &Client, method: &Method, path: &str, body: impl Into<Vec<u8>>) -> Response {
    let method = method.clone();
    client
        .send_bytes(method, path, "application/json", body.into())
        .await
}
