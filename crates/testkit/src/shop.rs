//! The whole shop as processes of its own, with databases, topics and groups of its own.

use std::collections::{BTreeMap, HashMap};
use std::process::ExitStatus;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use backing_services::free_ports;
use mongodb::Database;
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::kafka::Kafka;
use crate::service::{KINDS, Service, Settings};
use crate::{Claims, Client, Raw, Record, SOON, Stores, eventually, tokens};

/// How long the whole shop may take to be ready on a busy machine.
const READY_WITHIN: Duration = Duration::from_mins(1);
/// How much of each log a failed test shows.
const LINES_OF_LOG: usize = 60;

/// How a shop is to be set up.
#[derive(Debug, Default)]
pub struct Builder {
    replicas: BTreeMap<String, usize>,
    settings: Vec<(String, String, String)>,
    own_stores: bool,
}

impl Builder {
    /// Runs more of a service: `products`, `products-2`, …
    #[must_use]
    pub fn replicas(mut self, kind: &str, count: usize) -> Self {
        self.replicas.insert(kind.to_owned(), count);
        self
    }

    /// Sets an environment variable for a service; for all of its kind if it names a kind.
    #[must_use]
    pub fn env(mut self, service: &str, name: &str, value: &str) -> Self {
        self.settings
            .push((service.to_owned(), name.to_owned(), value.to_owned()));
        self
    }

    /// Gives the shop a MongoDB and a Kafka that it shares with no other test.
    #[must_use]
    pub fn own_stores(mut self) -> Self {
        self.own_stores = true;
        self
    }

    /// Starts the shop and waits until all of it is ready.
    pub async fn start(self) -> Shop {
        let shop = self.spawn().await;
        for service in &shop.services {
            shop.wait_ready(&service.name).await;
        }
        shop.find_key_id().await;
        shop
    }

    /// Starts the shop without waiting for it.
    pub async fn spawn(self) -> Shop {
        let own = self.own_stores;
        let start = move || {
            if own {
                Stores::start()
            } else {
                Stores::shared()
            }
        };
        let stores = tokio::task::spawn_blocking(start)
            .await
            .expect("the stores start");
        let id = format!("t_{:012x}", tokens::random() >> 16);
        let services = self.services(&id, &stores);
        for service in &services {
            service.start(&[]);
        }
        let mongodb = mongodb::Client::with_uri_str(&stores.mongodb_uri).await;
        let kafka = Kafka::at(&stores.kafka_brokers);
        Shop {
            visitor: Client::new(&service(&services, "gateway").url()),
            id,
            services,
            mongodb: mongodb.expect("the connection string is right"),
            kafka,
            stores,
            key_id: Mutex::default(),
            tokens: Mutex::default(),
            injected: Mutex::default(),
            stocked: Mutex::default(),
        }
    }

    fn services(&self, shop: &str, stores: &Stores) -> Vec<Service> {
        let mut ports: BTreeMap<&str, Vec<u16>> = BTreeMap::new();
        for kind in KINDS {
            let count = self.replicas.get(kind).copied().unwrap_or(1);
            ports.insert(kind, (0..count).map(|_| free_port()).collect());
        }
        let mut services = Vec::new();
        for kind in KINDS {
            for (index, port) in ports[kind].iter().enumerate() {
                let name = if index == 0 {
                    kind.to_owned()
                } else {
                    format!("{kind}-{}", index + 1)
                };
                let mut settings = usual_settings(shop, kind, *port, &ports, stores);
                for (service, variable, value) in &self.settings {
                    if service == kind || *service == name {
                        settings.insert(variable.clone(), value.clone());
                    }
                }
                services.push(Service::new(shop, kind, name, *port, settings));
            }
        }
        services
    }
}

/// The settings of a service that is started without the others.
pub(crate) fn settings_alone(kind: &str) -> Settings {
    let ports = KINDS
        .into_iter()
        .map(|kind| (kind, vec![free_port()]))
        .collect();
    usual_settings("alone", kind, free_port(), &ports, &Stores::shared())
}

fn usual_settings(
    shop: &str,
    kind: &str,
    port: u16,
    ports: &BTreeMap<&str, Vec<u16>>,
    stores: &Stores,
) -> Settings {
    let upstream = |kind: &str| {
        let urls = ports[kind]
            .iter()
            .map(|port| format!("http://127.0.0.1:{port}"));
        urls.collect::<Vec<_>>().join(",")
    };
    let keys = format!(
        "http://127.0.0.1:{}/.well-known/jwks.json",
        ports["authentication"][0]
    );
    let key_file = tokens::key_file().display().to_string();
    let mut settings = vec![
        ("LISTEN", format!("127.0.0.1:{port}")),
        ("LOG_FORMAT", "text".to_owned()),
    ];
    if kind == "gateway" {
        settings.push(("UPSTREAM_AUTHENTICATION", upstream("authentication")));
        settings.push(("UPSTREAM_PRODUCTS", upstream("products")));
        settings.push(("UPSTREAM_ORDERS", upstream("orders")));
    } else {
        settings.push(("MONGODB_URI", stores.mongodb_uri.clone()));
        settings.push(("MONGODB_DATABASE", format!("{shop}_{kind}")));
        settings.push(("SEED_DATA", "true".to_owned()));
    }
    if kind == "authentication" {
        settings.push(("TOKEN_SIGNING_KEY_FILE", key_file));
    } else {
        settings.push(("JWKS_URL", keys));
    }
    if matches!(kind, "products" | "orders") {
        settings.push(("KAFKA_BROKERS", stores.kafka_brokers.clone()));
        settings.push(("KAFKA_TOPIC_PREFIX", shop.to_owned()));
        settings.push(("KAFKA_GROUP", format!("{shop}-{kind}")));
        settings.push(("KAFKA_PARTITIONS", "3".to_owned()));
    }
    settings
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn free_port() -> u16 {
    let [port] = free_ports().unwrap_or_else(|error| panic!("{error}"));
    port
}

fn service<'a>(services: &'a [Service], name: &str) -> &'a Service {
    services
        .iter()
        .find(|service| service.name == name)
        .unwrap_or_else(|| panic!("no service {name}"))
}

/// A running shop. Dropping it ends its processes and removes its data.
pub struct Shop {
    id: String,
    services: Vec<Service>,
    stores: Stores,
    mongodb: mongodb::Client,
    kafka: Kafka,
    visitor: Client,
    key_id: Mutex<String>,
    tokens: Mutex<HashMap<String, String>>,
    /// Where the test's own messages are: topic, partition, offset.
    pub(crate) injected: Mutex<Vec<(String, i32, i64)>>,
    /// The products that the test has put into the shop, and how many pieces of each.
    pub(crate) stocked: Mutex<BTreeMap<String, i64>>,
}

/// Starting and ending its processes.
impl Shop {
    /// Starts a shop with everything as usual and waits until all of it is ready.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// A shop with something special.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Waits until a service says that it is ready.
    pub async fn wait_ready(&self, name: &str) {
        let service = self.service(name);
        let direct = Client::new(&service.url());
        eventually(&format!("{name} is ready"), READY_WITHIN, async || {
            if let Some(status) = service.ended() {
                panic!(
                    "{name} ended before it was ready: {status}\n{}",
                    service.last_lines(LINES_OF_LOG)
                );
            }
            let answer = direct
                .try_send(reqwest::Method::GET, "/health/ready", None)
                .await;
            let answer = answer.map_err(|error| format!("{error:?}"))?;
            if answer.status == 200 {
                Ok(())
            } else {
                Err(answer.text())
            }
        })
        .await;
    }

    /// Kills a service as a power failure would.
    pub fn kill(&self, name: &str) {
        self.service(name).kill();
    }

    /// Asks a service to end (SIGTERM) and waits for it.
    pub async fn stop(&self, name: &str) -> ExitStatus {
        self.service(name).signal(Signal::SIGTERM);
        self.wait_exit(name).await
    }

    /// Halts a service: its connections stay open and nothing answers.
    pub fn pause(&self, name: &str) {
        self.service(name).signal(Signal::SIGSTOP);
    }

    /// Lets a service go on.
    pub fn resume(&self, name: &str) {
        self.service(name).signal(Signal::SIGCONT);
    }

    /// Waits until a service has ended by itself.
    pub async fn wait_exit(&self, name: &str) -> ExitStatus {
        let what = format!("{name} ends");
        eventually(&what, SOON, async || {
            self.ended(name).ok_or_else(|| "it runs".to_owned())
        })
        .await
    }

    /// Whether a service has ended, which [`Shop::wait_exit`] then tells about.
    pub fn has_ended(&self, name: &str) -> bool {
        self.service(name).has_ended()
    }

    /// How a service ended, if it has; told once.
    pub fn ended(&self, name: &str) -> Option<ExitStatus> {
        self.service(name).ended()
    }

    /// Starts an ended service again, without `CRASH_AT`, and waits until it is ready.
    pub async fn start_again(&self, name: &str) {
        self.start_again_with(name, &[]).await;
    }

    /// Starts an ended service again with these settings on top, and waits until it is ready.
    pub async fn start_again_with(&self, name: &str, settings: &[(&str, &str)]) {
        self.spawn_again(name, settings);
        self.wait_ready(name).await;
    }

    /// Starts an ended service again without waiting.
    pub fn spawn_again(&self, name: &str, settings: &[(&str, &str)]) {
        self.service(name).start(settings);
    }

    /// What a service has logged since its last start.
    pub fn logged(&self, name: &str) -> String {
        self.service(name).logged()
    }

    /// The names of all its services.
    pub fn names(&self) -> Vec<&str> {
        self.services
            .iter()
            .map(|service| service.name.as_str())
            .collect()
    }

    fn service(&self, name: &str) -> &Service {
        service(&self.services, name)
    }
}

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

    async fn find_key_id(&self) {
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

/// Its stores.
impl Shop {
    /// The database of a service.
    pub fn store(&self, kind: &str) -> Database {
        self.mongodb.database(&format!("{}_{kind}", self.id))
    }

    /// The driver's client, for transactions.
    pub(crate) fn mongodb(&self) -> &mongodb::Client {
        &self.mongodb
    }

    /// The servers, to be harmed if they are the shop's own.
    pub fn stores(&self) -> &Stores {
        &self.stores
    }

    /// The full name of a topic such as `orders`.
    pub fn topic(&self, name: &str) -> String {
        format!("{}.{name}", self.id)
    }

    /// The consumer group of a service.
    pub fn group(&self, kind: &str) -> String {
        format!("{}-{kind}", self.id)
    }

    /// Sends raw messages to a topic such as `orders`, one after the other.
    pub async fn produce(&self, topic: &str, messages: &[Raw]) {
        let topic = self.topic(topic);
        let places = self.kafka.produce(&topic, messages).await;
        let places = places
            .into_iter()
            .map(|(partition, offset)| (topic.clone(), partition, offset));
        lock(&self.injected).extend(places);
    }

    /// Every message of a topic such as `orders`.
    pub async fn messages(&self, topic: &str) -> Vec<Record> {
        self.kafka.read(&self.topic(topic)).await
    }

    /// How many messages a service has not yet dealt with.
    pub async fn lag(&self, kind: &str) -> i64 {
        self.kafka
            .lag(&self.group(kind), self.topics_of(kind))
            .await
    }

    /// What the broker says of a service's consumer group.
    pub async fn describe_group(&self, kind: &str) -> String {
        self.kafka.describe(&self.group(kind)).await
    }

    /// Makes a service, all of whose replicas are down, read its topics from the beginning.
    pub async fn rewind(&self, kind: &str) {
        self.kafka
            .rewind(&self.group(kind), self.topics_of(kind))
            .await;
    }

    fn topics_of(&self, kind: &str) -> Vec<String> {
        let topics: &[&str] = if kind == "products" {
            &["orders"]
        } else {
            &["products", "order-status"]
        };
        topics.iter().map(|topic| self.topic(topic)).collect()
    }

    /// Where the test's own messages to a topic are.
    pub(crate) fn is_injected(&self, topic: &str, record: &Record) -> bool {
        let place = (self.topic(topic), record.partition, record.offset);
        lock(&self.injected).contains(&place)
    }

    /// How many pieces of each product the test has put into the shop.
    pub(crate) fn stocked(&self) -> BTreeMap<String, i64> {
        lock(&self.stocked).clone()
    }
}

/// The body of an order.
pub fn order(lines: &[(&str, i64)]) -> Value {
    let line = |(name, quantity): &(&str, i64)| json!({ "name": name, "quantity": quantity });
    json!({ "products": lines.iter().map(line).collect::<Vec<_>>() })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Shop {
    fn drop(&mut self) {
        for service in &self.services {
            service.kill();
        }
        if std::thread::panicking() {
            let logs: String = self
                .services
                .iter()
                .map(|service| service.last_lines(LINES_OF_LOG))
                .collect();
            eprintln!("the ends of the logs of {}:\n{logs}", self.id);
        }
        for service in &self.services {
            service.remove_logs();
        }
        if self.stores.are_own() {
            return;
        }
        let databases = KINDS.map(|kind| format!("{}_{kind}", self.id));
        let topics =
            ["products", "orders", "order-status", "dead-letters"].map(|name| self.topic(name));
        let (uri, kafka) = (self.stores.mongodb_uri.clone(), self.kafka.clone());
        // The test's own runtime cannot be waited for in here.
        let cleaning = std::thread::spawn(move || clean(&uri, &databases, &kafka, &topics));
        let _ = cleaning.join();
    }
}

/// Removes what a shop leaves in the stores. They end with the run, so what fails may fail.
fn clean(uri: &str, databases: &[String], kafka: &Kafka, topics: &[String]) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let Ok(runtime) = runtime else { return };
    runtime.block_on(async {
        let cleaning = async {
            let Ok(client) = mongodb::Client::with_uri_str(uri).await else {
                return;
            };
            for database in databases {
                let _ = client.database(database).drop().await;
            }
            let topics: Vec<_> = topics.iter().map(String::as_str).collect();
            kafka.delete(&topics).await;
        };
        let _ = tokio::time::timeout(Duration::from_secs(5), cleaning).await;
    });
}
