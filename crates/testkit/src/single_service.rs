//! Stores and access tokens for an integration test of one service that runs inside the test.

use bson::Document;
use mongodb::{Collection, Database};

use crate::kafka::{RawMessage, Record};
use crate::random::random_id;
use crate::settings::{Settings, store_settings};
use crate::stores::Stores;
use crate::tokens::{self, Claims};

/// The environment of one service: its own database and topic prefix on the shared test
/// servers, and a token secret. It starts no service. Dropping it removes the database and topics.
///
/// ```no_run
/// # async fn example() {
/// let environment = testkit::SingleService::new("products").await;
/// let arguments = environment.arguments(&[("SEED_DATA", "true")]);
/// // `products::Config::try_parse_from(arguments)`, then `products::serve(config, …)`
/// let admin = testkit::Client::new("http://127.0.0.1:1").with_token(&environment.token("a@b.example", "admin"));
/// # }
/// ```
pub struct SingleService {
    service: String,
    secret: String,
    stores: Stores,
}

impl SingleService {
    /// Prepares the environment of `service`: `authentication`, `products` or `orders`.
    pub async fn new(service: &str) -> Self {
        Self {
            service: service.to_owned(),
            secret: [random_id(), random_id(), random_id()].concat(),
            stores: Stores::new(false).await,
        }
    }

    /// The environment variables that make the service use these stores and accept these tokens.
    pub fn settings(&self) -> Settings {
        let (namespace, servers) = (&self.stores.namespace, &self.stores.servers);
        let mut settings = store_settings(&self.service, namespace, servers);
        settings.insert("TOKEN_HS256_SECRET".to_owned(), self.secret.clone());
        settings
    }

    /// [`Self::settings`] and `more` as a command line, for a service's `Config::try_parse_from`:
    /// `products --mongodb-uri=… --seed-data=true`.
    pub fn arguments(&self, more: &[(&str, &str)]) -> Vec<String> {
        let mut settings = self.settings();
        settings.extend(
            more.iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        let flag = |(name, value): (String, String)| {
            format!("--{}={value}", name.to_lowercase().replace('_', "-"))
        };
        let flags = settings.into_iter().map(flag);
        std::iter::once(self.service.clone()).chain(flags).collect()
    }

    /// Signs an access token that the service accepts for an hour; `role` is `user` or `admin`.
    pub fn token(&self, email: &str, role: &str) -> String {
        self.sign(&Claims::new(email, role))
    }

    /// Signs an access token with these claims.
    pub fn sign(&self, claims: &Claims) -> String {
        tokens::sign_hs256(&self.secret, claims)
    }

    /// The service's database.
    pub fn database(&self) -> Database {
        self.stores.database(&self.service)
    }

    /// A collection of the service's database.
    pub fn collection(&self, name: &str) -> Collection<Document> {
        self.stores.collection(&self.service, name)
    }

    /// The full name of a topic such as `orders`.
    pub fn topic(&self, name: &str) -> String {
        self.stores.namespace.topic(name)
    }

    /// Sends messages to a topic such as `orders`, one after the other.
    pub async fn produce(&self, topic: &str, messages: &[RawMessage]) {
        self.stores
            .kafka
            .produce(&self.topic(topic), messages)
            .await;
    }

    /// Reads all messages of a topic such as `orders`.
    pub async fn messages(&self, topic: &str) -> Vec<Record> {
        self.stores.kafka.read(&self.topic(topic)).await
    }
}
