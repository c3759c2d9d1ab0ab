//! A client of the shop's API, through the edge.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::http::{self, Outcome, Request, Response};

/// The product that buyers order.
pub(super) const PRODUCT: &str = "container";
/// More items than the tests order.
pub(super) const STOCK: u64 = 1_000_000;

/// A logged-in client.
pub(super) struct Client {
    port: u16,
    pub(super) token: String,
}

impl Client {
    /// Logs in a user of the development data; `None` while the shop is unavailable.
    pub(super) fn log_in(port: u16, email: &str) -> Result<Option<Self>> {
        let request = Request {
            body: Some(json!({ "email": email, "password": email })),
            ..Request::default()
        };
        match http::send(port, "/api/login", &request) {
            Outcome::Complete(Response { status: 200, body }) => {
                let token = body["access_token"]
                    .as_str()
                    .context("the login response has no token")?;
                Ok(Some(Self {
                    port,
                    token: token.to_owned(),
                }))
            }
            Outcome::Complete(Response { status: 401, .. }) => bail!("{email} cannot log in"),
            _ => Ok(None),
        }
    }

    /// Adds the product; `None` while the shop is unavailable.
    pub(super) fn add_product(&self) -> Option<()> {
        let product = json!({
            "name": PRODUCT, "description": "A steel box", "price": 1, "quantity": STOCK,
            "categories": ["kitchen"],
        });
        match self.call("/api/products", Some(json!({ "product": product })))? {
            // Added by a call whose response was incomplete.
            Response { status: 400, body } if body["detail"] == "Product already exists" => {
                Some(())
            }
            response => (response.status == 201).then_some(()),
        }
    }

    /// Orders one item and returns the order's id; `None` while the shop is unavailable.
    pub(super) fn order(&self) -> Option<String> {
        let body = json!({ "products": [{ "name": PRODUCT, "quantity": 1 }] });
        let response = self.call("/api/orders", Some(body))?;
        (response.status == 201)
            .then(|| response.body["id"].as_str().unwrap_or_default().to_owned())
    }

    /// Returns the status of each order; `None` while the shop is unavailable.
    pub(super) fn orders(&self) -> Option<BTreeMap<String, String>> {
        let response = self.call("/api/orders", None)?;
        let text = |order: &Value, key: &str| order[key].as_str().unwrap_or_default().to_owned();
        let orders = response.body["orders"].as_array()?.iter();
        Some(
            orders
                .map(|order| (text(order, "id"), text(order, "status")))
                .collect(),
        )
    }

    /// Returns the stock of the product.
    pub(super) fn stock(&self) -> Option<u64> {
        let response = self.call(&format!("/api/products?name={PRODUCT}"), None)?;
        response.body["products"][0]["quantity"].as_u64()
    }

    fn call(&self, path: &str, body: Option<Value>) -> Option<Response> {
        let request = Request {
            token: Some(&self.token),
            body,
            ..Request::default()
        };
        match http::send(self.port, path, &request) {
            Outcome::Complete(response) => Some(response),
            Outcome::Missing | Outcome::Incomplete => None,
        }
    }
}
