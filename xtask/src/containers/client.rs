//! A client of the shop's API, through the edge.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::http::{Outcome, send};

/// The product that buyers order.
const PRODUCT: &str = "container";
/// More items than the tests order.
pub(super) const STOCK: u64 = 1_000_000;

/// A logged-in client.
pub(super) struct Client {
    port: u16,
    authorization: String,
}

impl Client {
    /// Logs in a user of the development data; `None` while the shop is unavailable.
    pub(super) fn log_in(port: u16, email: &str) -> Result<Option<Self>> {
        let credentials = json!({ "email": email, "password": email });
        match send(port, "/api/login", &[], Some(&credentials)) {
            Outcome::Complete(200, body) => {
                let token = body["access_token"].as_str();
                let token = token.context("the login response has no token")?;
                let authorization = format!("Bearer {token}");
                Ok(Some(Self {
                    port,
                    authorization,
                }))
            }
            Outcome::Complete(401, _) => bail!("{email} cannot log in"),
            _ => Ok(None),
        }
    }

    /// Adds the product; `None` while the shop is unavailable.
    pub(super) fn add_product(&self) -> Option<()> {
        let product = json!({
            "name": PRODUCT, "description": "A steel box", "price": 1, "quantity": STOCK,
            "categories": ["kitchen"],
        });
        match self.send("/api/products", &[], Some(&json!({ "product": product }))) {
            Outcome::Complete(201, _) => Some(()),
            // Added by a call whose response was incomplete.
            Outcome::Complete(400, body) => {
                (body["detail"] == "Product already exists").then_some(())
            }
            _ => None,
        }
    }

    /// Orders one item.
    pub(super) fn order(&self, idempotency_key: &str) -> Outcome {
        let body = json!({ "products": [{ "name": PRODUCT, "quantity": 1 }] });
        let headers = [("Idempotency-Key", idempotency_key)];
        self.send("/api/orders", &headers, Some(&body))
    }

    /// Returns the status of each order; `None` while the shop is unavailable.
    pub(super) fn orders(&self) -> Option<BTreeMap<String, String>> {
        let body = self.get("/api/orders")?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let orders = body["orders"].as_array()?.iter();
        Some(
            orders
                .map(|order| (text(&order["id"]), text(&order["status"])))
                .collect(),
        )
    }

    /// Returns the stock of the product.
    pub(super) fn stock(&self) -> Option<u64> {
        let body = self.get(&format!("/api/products?name={PRODUCT}"))?;
        body["products"][0]["quantity"].as_u64()
    }

    fn get(&self, path: &str) -> Option<Value> {
        match self.send(path, &[], None) {
            Outcome::Complete(_, body) => Some(body),
            Outcome::Missing | Outcome::Incomplete => None,
        }
    }

    fn send(&self, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Outcome {
        let headers = [&[("Authorization", self.authorization.as_str())], headers].concat();
        send(self.port, path, &headers, body)
    }
}
