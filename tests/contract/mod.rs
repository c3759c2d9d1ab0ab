//! The API contract, row by row, through the gateway.

mod authentication;
mod categories;
mod errors;
mod etags;
mod event_stream;
mod events;
mod idempotency;
mod key_rotation;
mod login_limits;
mod openapi;
mod operations;
mod orders;
mod pagination;
mod product_changes;
mod products;
mod search;
mod sessions;
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

/// A string member of each item of a list in a response, in the order of the list.
fn strings(response: &Response, list: &str, member: &str) -> Vec<String> {
    let json = response.json();
    let items = json[list].as_array().expect("a list").iter();
    items
        .map(|item| item[member].as_str().expect("a string").to_owned())
        .collect()
}

fn product_names(response: &Response) -> Vec<String> {
    strings(response, "products", "name")
}
