//! Request bodies that many tests send.

use serde_json::{Value, json};

/// The body that registers an account or logs it in.
pub fn credentials(email: &str, password: &str) -> Value {
    json!({ "email": email, "password": password })
}

/// The body of an order: product names and quantities.
pub fn order(lines: &[(&str, i64)]) -> Value {
    let line = |(name, quantity): &(&str, i64)| json!({ "name": name, "quantity": quantity });
    json!({ "products": lines.iter().map(line).collect::<Vec<_>>() })
}

/// The body that adds a product to the category `kitchen`.
pub fn product(name: &str, price: f64, quantity: i64) -> Value {
    json!({ "product": {
        "name": name, "description": format!("A {name} for a test"), "price": price,
        "quantity": quantity, "categories": ["kitchen"],
    }})
}
