//! Bad input of every kind: always a problem document of the contract's status, which says nothing
//! of the inside; never a 5xx.

mod attack;
mod bodies;
mod headers;
mod hoards;
mod logs;
mod values;

use serde_json::{Value, json};
use testkit::Client;

/// The calls that take a body, and one that would do.
fn calls() -> [(&'static str, &'static str, Value); 8] {
    let account = json!({ "email": "new@test.example", "password": "a long sentence" });
    let product = json!({ "product": { "name": "x", "description": "x", "price": 1.5, "quantity": 1, "categories": ["kitchen"] } });
    let session = json!({ "refresh_token": "x" });
    [
        ("POST", "/api/register", account.clone()),
        ("POST", "/api/login", account),
        ("POST", "/api/refresh", session.clone()),
        ("POST", "/api/logout", session),
        ("POST", "/api/products", product),
        (
            "PATCH",
            "/api/products?name=chair",
            json!({ "description": "x", "price": 1.5, "categories": ["kitchen"], "add_quantity": 1 }),
        ),
        ("POST", "/api/categories", json!({ "name": "x" })),
        (
            "POST",
            "/api/orders",
            json!({ "products": [{ "name": "chair", "quantity": 1 }] }),
        ),
    ]
}

async fn send(client: &Client, call: (&str, &str), body: Vec<u8>) -> testkit::Answer {
    client
        .send_bytes(
            call.0.parse().expect("a method"),
            call.1,
            "application/json",
            body,
        )
        .await
}
