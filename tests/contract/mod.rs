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

use testkit::{Client, Response, credentials};

/// Logs in and returns the response.
async fn log_in(client: &Client, email: &str, password: &str) -> Response {
    let account = credentials(email, password);
    client.post("/api/login", &account).await
}
