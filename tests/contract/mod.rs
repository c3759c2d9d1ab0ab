//! The API contract, row by row, where it concerns the gateway or several services.

mod authentication;
mod errors;
mod etags;
mod event_stream;
mod events;
mod idempotency;
mod key_rotation;
mod operations;
mod orders;
mod product_changes;
mod products;
mod tokens;

use testkit::{Client, Response, credentials, order};

/// Logs in and returns the response.
async fn log_in(client: &Client, email: &str, password: &str) -> Response {
    let account = credentials(email, password);
    client.post("/api/login", &account).await
}

/// Places an order of these product names and quantities and returns the response.
async fn place(client: &Client, lines: &[(&str, i64)]) -> Response {
    client.post("/api/orders", &order(lines)).await
}
