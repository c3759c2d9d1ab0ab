//! The attacks. Each repeats what stopped or slowed an earlier version of the shop.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use bson::{Bson, Document, doc, oid::ObjectId};
use futures::StreamExt as _;
use futures::future::join_all;
use serde_json::{Value, json};
use testkit::{Client, RawMessage, Response, Shop, order};

/// The products of [`Attacks::order_everything`]: as many as an order may have lines, with the longest
/// names.
const LONG_NAMES: u32 = 100;
const MASS_ORDERS: usize = 700;
const CONCURRENCY: usize = 64;
/// How long products pauses. Honest orders wait that long too.
const PAUSE: Duration = Duration::from_secs(1);
/// The size of the catalogue that is read as a whole, and the number of its readers.
const PRODUCTS: usize = 20_000;
const READERS: usize = 30;
const PRICE_CHANGES: i64 = 100_000;
/// A price cursor of the former format, which asks for the prices before all changes.
const FORGED_CURSOR: &str = "cAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const RESUMED_STREAMS: usize = 12;
/// The pause between two attacks of a kind that comes in waves.
const INTERVAL: Duration = Duration::from_secs(30);
const EVENTS: &str = "/api/orders/events";

/// The attackers and what they have prepared.
pub(crate) struct Attacks<'a> {
    shop: &'a Shop,
    admin: Client,
    /// Follows orders from the id of its first event on.
    follower: Client,
    first_event: String,
    /// The number of responses by attack and status.
    responses: Mutex<BTreeMap<(&'static str, String), usize>>,
}

impl<'a> Attacks<'a> {
    /// Adds the products and price changes that the attacks need.
    pub(crate) async fn prepare(shop: &'a Shop) -> Self {
        let admin = shop.with_signed_token("admin@test.example", "admin");
        let names = (0..LONG_NAMES).map(long_name);
        futures::stream::iter(names)
            .for_each_concurrent(8, async |name| shop.add_product(&name, 1.0, 1).await)
            .await;
        add_products(shop).await;
        add_price_changes(shop).await;
        let follower = shop.with_signed_token("follower@test.example", "user");
        let mut stream = follower.stream(EVENTS, None).await;
        shop.place_order(&follower, "cutlery", 1).await;
        let first_event = stream.next(Duration::from_secs(30)).await.id;
        Self {
            shop,
            admin,
            follower,
            first_event,
            responses: Mutex::default(),
        }
    }

    /// Runs all attacks side by side.
    pub(crate) async fn run(&self, duration: Duration) {
        let attacks = async {
            tokio::join!(
                self.order_everything(),
                self.send_poison(),
                self.read_everything(),
                self.resume_streams(),
                self.forge_cursors(),
            )
        };
        let _ = tokio::time::timeout(duration, attacks).await;
        self.shop.resume("products");
    }

    /// Prints how the shop responded.
    pub(crate) fn report(&self) {
        println!("{:<40}{:>12}{:>12}", "attack", "response", "count");
        for ((attack, response), count) in &*lock(&self.responses) {
            println!("{attack:<40}{response:>12}{count:>12}");
        }
    }

    /// Orders all products with long names, of which there is one piece, many times at once. At the
    /// first time products pauses, so that many orders are placed before the first is decided.
    async fn order_everything(&self) {
        let names: Vec<String> = (0..LONG_NAMES).map(long_name).collect();
        let lines: Vec<(&str, i64)> = names.iter().map(|name| (name.as_str(), 1)).collect();
        let body = order(&lines);
        tokio::join!(self.place_mass_orders(&body), async {
            self.shop.pause("products");
            tokio::time::sleep(PAUSE).await;
            self.shop.resume("products");
        });
        loop {
            tokio::time::sleep(INTERVAL).await;
            for name in &names {
                let path = format!("/api/products?name={name}");
                let restocked = self.admin.patch(&path, &json!({ "add_quantity": 1 })).await;
                self.count("restocks", Some(restocked));
            }
            self.place_mass_orders(&body).await;
        }
    }

    async fn place_mass_orders(&self, body: &Value) {
        let calls = (0..MASS_ORDERS).map(async |number| {
            let email = format!("attacker{number}@test.example");
            let attacker = self.shop.with_signed_token(&email, "user");
            let response = attacker.try_post("/api/orders", body).await;
            self.count("orders of all products", response.ok());
        });
        let calls = futures::stream::iter(calls).buffer_unordered(CONCURRENCY);
        calls.collect::<()>().await;
    }

    /// Sends messages that no consumer can process, and deletes the topic for them.
    async fn send_poison(&self) {
        let broken = |key: u32| RawMessage {
            key: key.to_string(),
            ..RawMessage::new("{")
        };
        let broken: Vec<RawMessage> = (0..24).map(broken).collect();
        loop {
            self.shop.delete_topic("dead-letters").await;
            for topic in ["orders", "order-status", "products"] {
                self.shop.produce(topic, &broken).await;
            }
            let large = RawMessage::new(vec![b'x'; 3_000_000]);
            self.shop
                .produce("orders", &[large, impossible_order()])
                .await;
            self.shop
                .produce("order-status", &[impossible_reason()])
                .await;
            self.count_one("poison messages", "sent");
            tokio::time::sleep(INTERVAL).await;
        }
    }

    /// Reads the whole catalogue, many times at once.
    async fn read_everything(&self) {
        let reader = self.shop.anonymous();
        loop {
            let reads = (0..READERS).map(|_| reader.try_get("/api/products"));
            for response in join_all(reads).await {
                self.count("whole lists of products", response.ok());
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }

    /// Resumes event streams from the first event on, again and again.
    async fn resume_streams(&self) {
        let resume = async || loop {
            let stream = self
                .follower
                .try_stream(EVENTS, Some(&self.first_event))
                .await;
            let response = match stream {
                Ok(mut stream) => {
                    while stream.try_next(Duration::from_secs(2)).await.is_some() {}
                    "200".to_owned()
                }
                Err(status) => status,
            };
            self.count_one("resumed event streams", &response);
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        join_all((0..RESUMED_STREAMS).map(|_| resume())).await;
    }

    /// Reads pages with a cursor from before all price changes.
    async fn forge_cursors(&self) {
        let reader = self.shop.anonymous();
        let path = format!("/api/products?sort=price&limit=100&cursor={FORGED_CURSOR}");
        let read = async || loop {
            self.count("forged price cursors", reader.try_get(&path).await.ok());
            tokio::time::sleep(Duration::from_millis(200)).await;
        };
        join_all((0..4).map(|_| read())).await;
    }

    fn count(&self, attack: &'static str, response: Option<Response>) {
        let response = response.map_or_else(|| "none".to_owned(), |one| one.status.to_string());
        self.count_one(attack, &response);
    }

    fn count_one(&self, attack: &'static str, response: &str) {
        let key = (attack, response.to_owned());
        *lock(&self.responses).entry(key).or_default() += 1;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no panic while it is locked")
}

/// A name of 100 letters of four bytes.
fn long_name(number: u32) -> String {
    let digit = |value: u32| char::from_u32(0x1D7CE + value % 10).expect("a mathematical digit");
    let mut name = "\u{1D4CD}".repeat(98);
    name.extend([digit(number / 10), digit(number)]);
    name
}

/// An event that is valid JSON and larger than any order.
fn impossible_order() -> RawMessage {
    let line = |number: u32| json!({ "id": format!("{number:024x}"), "name": "chair", "price": 29.99, "quantity": 1 });
    let order = json!({
        "id": "79fefe4a1cad4140785928a4", "client_email": "attacker@test.example", "cost": 1.0,
        "status": "PENDING", "products": (0..40_000).map(line).collect::<Vec<_>>(),
    });
    RawMessage::new(json!({ "type": "OrderCreate", "order": order }).to_string())
}

/// A decision with a reason that fits into no document.
fn impossible_reason() -> RawMessage {
    let names = vec![long_name(0); 10_000];
    let reason = json!({ "code": "insufficient_stock", "products": names });
    let event = json!({
        "type": "OrderStatusUpdate", "order_id": "79fefe4a1cad4140785928a4", "status": "REJECTED",
        "reason": reason,
    });
    RawMessage::new(event.to_string())
}

/// Adds many products straight to the database: copies of one that the service has added.
async fn add_products(shop: &Shop) {
    shop.add_product("copied", 1.0, 100).await;
    let products = shop.collection("products", "products");
    let template = products.find_one(doc! { "name": "copied" }).await;
    let template = template.expect("a read").expect("it was added");
    let copy = |number: usize| {
        let mut product = template.clone();
        let name = format!("copied {number}");
        for (field, value) in [
            ("_id", Bson::ObjectId(ObjectId::new())),
            ("name", Bson::String(name.clone())),
        ] {
            product.insert(field, value);
        }
        product.insert("name_key", name);
        product
    };
    let copies: Vec<Document> = (0..PRODUCTS).map(copy).collect();
    products.insert_many(copies).await.expect("an insert");
}

/// Adds many price changes straight to the database.
async fn add_price_changes(shop: &Shop) {
    let products = shop.collection("products", "products");
    let changes = shop.collection("products", "restocks");
    let product = products.find_one(doc! { "name": "copied" }).await;
    let product = product.expect("a read").expect("it was added");
    let change = |number: i64| {
        doc! {
            "product_id": product["_id"].clone(), "delta": 0_i64, "version": number + 1,
            "at": bson::DateTime::now(),
            "repricing": { "number": number, "former_price": product["price"].clone() },
        }
    };
    for first in (1..=PRICE_CHANGES).step_by(10_000) {
        let some: Vec<Document> = (first..first + 10_000).map(change).collect();
        changes.insert_many(some).await.expect("an insert");
    }
}
