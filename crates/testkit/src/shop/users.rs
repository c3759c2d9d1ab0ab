//! Clients of a shop, and calls that many tests make.

use std::time::Duration;

use bson::doc;
use serde_json::Value;

use super::{Shop, lock};
use crate::bodies::{credentials, order, product};
use crate::client::Client;
use crate::eventually::{eventually, eventually_within};
use crate::tokens::{self, Claims};

/// Clients with and without tokens.
impl Shop {
    /// A client of the gateway without a token.
    pub fn anonymous(&self) -> Client {
        self.anonymous.clone()
    }

    /// A client of a service's own port without a token.
    pub fn direct(&self, name: &str) -> Client {
        self.anonymous.at(&self.url(name))
    }

    /// The base URL of a service.
    pub fn url(&self, name: &str) -> String {
        self.service(name).url()
    }

    /// A client with the token of an account of the development data. Logs in once per account.
    pub async fn login(&self, email: &str) -> Client {
        let known = lock(&self.access_tokens).get(email).cloned();
        let token = match known {
            Some(token) => token,
            None => self.request_token(email).await,
        };
        self.anonymous.with_token(&token)
    }

    /// A client with the token of the user `aaa@aaa.com`.
    pub async fn user(&self) -> Client {
        self.login("aaa@aaa.com").await
    }

    /// A client with the token of the admin `admin@admin.com`.
    pub async fn admin(&self) -> Client {
        self.login("admin@admin.com").await
    }

    /// A client with a token signed by the test. The account need not exist.
    pub fn with_signed_token(&self, email: &str, role: &str) -> Client {
        self.anonymous
            .with_token(&self.sign(&Claims::new(email, role)))
    }

    /// Signs claims with the key of authentication.
    pub fn sign(&self, claims: &Claims) -> String {
        tokens::sign(&lock(&self.key_id), claims)
    }

    /// The key id (`kid`) of the signing key.
    pub fn key_id(&self) -> String {
        lock(&self.key_id).clone()
    }

    async fn request_token(&self, email: &str) -> String {
        let body = credentials(email, email);
        let response = self.anonymous.post("/api/login", &body).await;
        let token = response.expect(200).string("access_token");
        lock(&self.access_tokens).insert(email.to_owned(), token.clone());
        token
    }

    pub(crate) async fn find_key_id(&self) {
        let authentication = self.direct("authentication");
        let jwks = authentication.get("/.well-known/jwks.json").await;
        let jwks = jwks.expect(200).json();
        let kid = jwks["keys"][0]["kid"].as_str().expect("a key id");
        kid.clone_into(&mut lock(&self.key_id));
    }
}

/// Calls that many tests make.
impl Shop {
    /// Adds a product and waits until it can be ordered.
    pub async fn add_product(&self, name: &str, price: f64, quantity: i64) {
        let admin = self.with_signed_token("stock@test.example", "admin");
        let body = product(name, price, quantity);
        admin.post("/api/products", &body).await.expect(201);
        lock(&self.added).insert(name.to_owned(), quantity);
        let copies = self.collection("orders", "products");
        eventually(&format!("{name} can be ordered"), async || {
            let copy = copies.find_one(doc! { "name": name }).await;
            let copy = copy.map_err(|error| error.to_string())?;
            copy.map(|_| ()).ok_or_else(|| "no copy".to_owned())
        })
        .await;
    }

    /// Places an order of one line and returns its id.
    pub async fn place_order(&self, buyer: &Client, name: &str, quantity: i64) -> String {
        let body = order(&[(name, quantity)]);
        let response = buyer.post("/api/orders", &body).await;
        response.expect(201).string("id")
    }

    /// Waits until the buyer's order is decided and returns it.
    pub async fn wait_decided(&self, buyer: &Client, id: &str) -> Value {
        eventually(&format!("order {id} is decided"), async || {
            let response = buyer.get(&format!("/api/orders/{id}")).await;
            let order = response.json();
            match order["status"].as_str() {
                Some("ACCEPTED" | "REJECTED") => Ok(order),
                _ => Err(response.to_string()),
            }
        })
        .await
    }

    /// Waits until no order is pending.
    pub async fn wait_all_decided(&self, timeout: Duration) {
        eventually_within(timeout, "all orders are decided", async || {
            match self.count_pending().await? {
                0 => Ok(()),
                pending => Err(format!("{pending} are pending")),
            }
        })
        .await;
    }

    /// A product's stock as the gateway returns it.
    pub async fn stock(&self, name: &str) -> i64 {
        let path = format!("/api/products?name={name}");
        let response = self.anonymous.get(&path).await.expect(200);
        let quantity = &response.json()["products"][0]["quantity"];
        quantity.as_i64().expect("a quantity")
    }
}
