//! Those who use a shop, and what a test does in it again and again.

use serde_json::{Value, json};

use super::{Shop, lock};
use crate::{Claims, Client, SOON, eventually, tokens};

/// Those who use it.
impl Shop {
    /// Somebody without a token, at the gateway.
    pub fn visitor(&self) -> Client {
        self.visitor.clone()
    }

    /// Somebody without a token, at a service's own port.
    pub fn direct(&self, name: &str) -> Client {
        self.visitor.at(&self.url(name))
    }

    /// The address of a service.
    pub fn url(&self, name: &str) -> String {
        self.service(name).url()
    }

    /// One of the seeded users, logged in once.
    pub async fn login(&self, email: &str) -> Client {
        let known = lock(&self.tokens).get(email).cloned();
        let token = match known {
            Some(token) => token,
            None => self.fresh_token(email).await,
        };
        self.visitor.with_token(&token)
    }

    /// The user aaa@aaa.com.
    pub async fn user(&self) -> Client {
        self.login("aaa@aaa.com").await
    }

    /// The admin admin@admin.com.
    pub async fn admin(&self) -> Client {
        self.login("admin@admin.com").await
    }

    /// Somebody with a token made here: no account is needed.
    pub fn minted(&self, email: &str, role: &str) -> Client {
        self.visitor
            .with_token(&self.sign(&Claims::of(email, role)))
    }

    /// A token with these claims, signed as authentication signs.
    pub fn sign(&self, claims: &Claims) -> String {
        tokens::sign(&lock(&self.key_id), claims)
    }

    /// The name of the signing key.
    pub fn key_id(&self) -> String {
        lock(&self.key_id).clone()
    }

    async fn fresh_token(&self, email: &str) -> String {
        let body = json!({ "email": email, "password": email });
        let answer = self.visitor.post("/api/login", &body).await.expect(200);
        let token = answer.json()["access_token"]
            .as_str()
            .expect("a token")
            .to_owned();
        lock(&self.tokens).insert(email.to_owned(), token.clone());
        token
    }

    pub(super) async fn find_key_id(&self) {
        let keys = self
            .direct("authentication")
            .get("/.well-known/jwks.json")
            .await
            .expect(200);
        let id = keys.json()["keys"][0]["kid"]
            .as_str()
            .expect("a key with a name")
            .to_owned();
        *lock(&self.key_id) = id;
    }
}

/// What a test does in it again and again.
impl Shop {
    /// Puts a product into the shop and waits until it can be ordered.
    pub async fn stock(&self, name: &str, price: f64, quantity: i64) {
        let body = json!({ "product": {
            "name": name, "description": format!("A {name} for a test"), "price": price,
            "quantity": quantity, "categories": ["kitchen"],
        }});
        let _ = self
            .minted("stock@test.example", "admin")
            .post("/api/products", &body)
            .await
            .expect(201);
        lock(&self.stocked).insert(name.to_owned(), quantity);
        let copies = self
            .store("orders")
            .collection::<bson::Document>("products");
        eventually(&format!("{name} can be ordered"), SOON, async || {
            let found = copies.find_one(bson::doc! { "name": name }).await;
            found
                .map_err(|error| error.to_string())?
                .map(|_| ())
                .ok_or_else(|| "no copy".to_owned())
        })
        .await;
    }

    /// Places an order of one line and gives its id.
    pub async fn place(&self, buyer: &Client, name: &str, quantity: i64) -> String {
        let answer = buyer
            .post("/api/orders", &order(&[(name, quantity)]))
            .await
            .expect(201);
        answer.json()["id"].as_str().expect("an id").to_owned()
    }

    /// Waits until the buyer's order is decided and gives it.
    pub async fn decided(&self, buyer: &Client, id: &str) -> Value {
        eventually(&format!("order {id} is decided"), SOON, async || {
            let answer = buyer.get(&format!("/api/orders/{id}")).await;
            let order = answer.json();
            let decided = matches!(order["status"].as_str(), Some("ACCEPTED" | "REJECTED"));
            if decided {
                Ok(order)
            } else {
                Err(answer.to_string())
            }
        })
        .await
    }

    /// How many pieces there are, as the gateway tells.
    pub async fn quantity(&self, name: &str) -> i64 {
        let answer = self
            .visitor
            .get(&format!("/api/products?name={name}"))
            .await
            .expect(200);
        answer.json()["products"][0]["quantity"]
            .as_i64()
            .expect("a quantity")
    }
}

/// The body of an order.
pub fn order(lines: &[(&str, i64)]) -> Value {
    let line = |(name, quantity): &(&str, i64)| json!({ "name": name, "quantity": quantity });
    json!({ "products": lines.iter().map(line).collect::<Vec<_>>() })
}
