//! The shop as its customers see it, through the edge.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::http::{self, Answer, Outcome, Request};

/// The product that everything is about.
pub(super) const PRODUCT: &str = "container";
/// More pieces than are ever ordered.
pub(super) const STOCK: u64 = 1_000_000;

/// A customer who is logged in.
pub(super) struct Customer {
    port: u16,
    pub(super) token: String,
}

impl Customer {
    /// One of the seeded accounts, if the shop lets it in already.
    pub(super) fn log_in(port: u16, email: &str) -> Result<Option<Self>> {
        let request = Request {
            body: Some(json!({ "email": email, "password": email })),
            ..Request::default()
        };
        match http::send(port, "/api/login", &request) {
            Outcome::Answered(Answer { status: 200, body }) => {
                let token = body["access_token"].as_str().context("no token came")?;
                Ok(Some(Self {
                    port,
                    token: token.to_owned(),
                }))
            }
            Outcome::Answered(Answer { status: 401, .. }) => bail!("{email} is not let in"),
            _ => Ok(None),
        }
    }

    /// Adds the product, if the shop can do it already.
    pub(super) fn add_product(&self) -> Option<()> {
        let product = json!({
            "name": PRODUCT, "description": "A steel box", "price": 1, "quantity": STOCK,
            "categories": ["kitchen"],
        });
        match self.call("/api/products", Some(json!({ "product": product })))? {
            // Added by a call that was cut off.
            Answer { status: 400, body } if body["detail"] == "Product already exists" => Some(()),
            answer => (answer.status == 201).then_some(()),
        }
    }

    /// Orders one piece, if the shop can do it already; returns the order's id.
    pub(super) fn order(&self) -> Option<String> {
        let body = json!({ "products": [{ "name": PRODUCT, "quantity": 1 }] });
        let answer = self.call("/api/orders", Some(body))?;
        (answer.status == 201).then(|| answer.body["id"].as_str().unwrap_or_default().to_owned())
    }

    /// All orders, with the status of each; nothing while the shop cannot tell.
    pub(super) fn orders(&self) -> Option<BTreeMap<String, String>> {
        let answer = self.call("/api/orders", None)?;
        let text = |order: &Value, key: &str| order[key].as_str().unwrap_or_default().to_owned();
        let orders = answer.body["orders"].as_array()?.iter();
        Some(
            orders
                .map(|order| (text(order, "id"), text(order, "status")))
                .collect(),
        )
    }

    /// How many pieces are left.
    pub(super) fn stock(&self) -> Option<u64> {
        let answer = self.call(&format!("/api/products?name={PRODUCT}"), None)?;
        answer.body["products"][0]["quantity"].as_u64()
    }

    fn call(&self, path: &str, body: Option<Value>) -> Option<Answer> {
        let request = Request {
            token: Some(&self.token),
            body,
            ..Request::default()
        };
        match http::send(self.port, path, &request) {
            Outcome::Answered(answer) => Some(answer),
            Outcome::TurnedAway | Outcome::CutOff => None,
        }
    }
}
