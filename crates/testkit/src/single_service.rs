//! One service inside the test, for its integration tests.

use bson::Document;
use mongodb::{Collection, Database};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::client::Client;
use crate::eventually::eventually;
use crate::kafka::{RawMessage, Record};
use crate::profile::Profile;
use crate::random::random_id;
use crate::servers::Servers;
use crate::settings::store_settings;
use crate::stores::Stores;
use crate::tokens::{self, Claims};

/// A running service with its own database and topic prefix on the shared test servers, and a token
/// secret. Dropping it stops the service and removes the database and topics.
///
/// ```no_run
/// # async fn example() {
/// let service = testkit::SingleService::start("products", &[], async |arguments, listener, stop| {
///     // `products::Config::try_parse_from(arguments)`, then `products::serve(config, listener, stop)`
///     Ok::<(), std::io::Error>(())
/// });
/// let client = service.await.client_of("admin@example.com", "admin");
/// # }
/// ```
pub struct SingleService {
    stop: DropGuard,
    /// A client without a token.
    pub client: Client,
    secret: String,
    service: String,
    stores: Stores,
}

impl SingleService {
    /// Starts `service` (`authentication`, `products` or `orders`) with `settings` on a free port, and
    /// waits until it is ready with all its parts.
    ///
    /// `serve` gets a command line for the service's `Config::try_parse_from`:
    /// `products --mongodb-uri=… --seed-data=true`.
    pub async fn start<F, E>(
        service: &str,
        settings: &[(&str, &str)],
        serve: impl FnOnce(Vec<String>, TcpListener, CancellationToken) -> F,
    ) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Send + 'static,
    {
        let secret = [random_id(), random_id(), random_id()].concat();
        Self::start_on(
            Stores::new(Servers::shared).await,
            secret,
            service,
            settings,
            serve,
        )
        .await
    }

    /// Stops the service, and starts it with other `settings` on the same database and topics.
    pub async fn restart<F, E>(
        self,
        settings: &[(&str, &str)],
        serve: impl FnOnce(Vec<String>, TcpListener, CancellationToken) -> F,
    ) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Send + 'static,
    {
        drop(self.stop);
        Self::start_on(self.stores, self.secret, &self.service, settings, serve).await
    }

    async fn start_on<F, E>(
        stores: Stores,
        secret: String,
        service: &str,
        settings: &[(&str, &str)],
        serve: impl FnOnce(Vec<String>, TcpListener, CancellationToken) -> F,
    ) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Send + 'static,
    {
        let arguments = arguments(service, settings, &stores, &secret);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("the listener has an address");
        let stop = CancellationToken::new();
        tokio::spawn(serve(arguments, listener, stop.clone()));
        let client = Client::new(&format!("http://{address}"));
        eventually("the service is ready", async || {
            let response = client.get("/health/ready").await;
            if response.is_fully_ready() {
                Ok(())
            } else {
                Err(response.to_string())
            }
        })
        .await;
        Self {
            stop: stop.drop_guard(),
            client,
            secret,
            service: service.to_owned(),
            stores,
        }
    }

    /// A client with an access token for an hour; `role` is `user` or `admin`.
    pub fn client_of(&self, email: &str, role: &str) -> Client {
        let token = tokens::sign_hs256(&self.secret, &Claims::new(email, role));
        self.client.with_token(&token)
    }

    /// The database of the service.
    pub fn database(&self) -> Database {
        self.stores.database(&self.service)
    }

    /// Starts to record the service's database operations.
    pub async fn profile(&self) -> Profile {
        Profile::start(self.database()).await
    }

    /// A collection of the service.
    pub fn collection(&self, name: &str) -> Collection<Document> {
        self.stores.collection(&self.service, name)
    }

    /// Sends an event to a topic such as `orders`.
    pub async fn produce(&self, topic: &str, event: &Value) {
        self.produce_raw(topic, RawMessage::new(event.to_string()))
            .await;
    }

    /// Sends a message to a topic such as `orders`.
    pub async fn produce_raw(&self, topic: &str, message: RawMessage) {
        let topic = self.stores.namespace.topic(topic);
        self.stores.kafka.produce(&topic, &[message]).await;
    }

    /// Reads all messages of a topic such as `dead-letters`.
    pub async fn messages(&self, topic: &str) -> Vec<Record> {
        let topic = self.stores.namespace.topic(topic);
        self.stores.kafka.read(&topic).await
    }

    /// Reads all events of a topic such as `orders`.
    pub async fn events(&self, topic: &str) -> Vec<Value> {
        let messages = self.messages(topic).await;
        messages.iter().map(Record::json).collect()
    }

    /// Waits for an event that `is_expected` on a topic such as `orders`, and returns the first.
    pub async fn event(&self, topic: &str, is_expected: impl Fn(&Value) -> bool) -> Value {
        eventually("the event is published", async || {
            let mut events = self.events(topic).await.into_iter();
            events
                .find(&is_expected)
                .ok_or_else(|| format!("it is not on {topic}"))
        })
        .await
    }
}

/// The command line that makes `service` use `stores` and accept tokens signed with `secret`.
fn arguments(
    service: &str,
    settings: &[(&str, &str)],
    stores: &Stores,
    secret: &str,
) -> Vec<String> {
    let mut all = store_settings(service, &stores.namespace, &stores.servers);
    all.insert("TOKEN_HS256_SECRET".to_owned(), secret.to_owned());
    for (name, value) in settings {
        all.insert((*name).to_owned(), (*value).to_owned());
    }
    let flag = |(name, value): (String, String)| {
        format!("--{}={value}", name.to_lowercase().replace('_', "-"))
    };
    std::iter::once(service.to_owned())
        .chain(all.into_iter().map(flag))
        .collect()
}
