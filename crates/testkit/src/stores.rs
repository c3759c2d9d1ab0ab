//! The databases, topics and consumer groups of one test.

use std::time::Duration;

use bson::Document;
use events::Topics;
use messaging::access;
use mongodb::options::{ClientOptions, ReadConcern};
use mongodb::{Collection, Database};

use crate::kafka::Kafka;
use crate::random::random_id;
use crate::servers::Servers;

const CLEANUP_TIMEOUT: Duration = Duration::from_secs(5);
const DATABASES: [&str; 3] = ["authentication", "products", "orders"];
/// The names of the topics, without the prefix.
pub const TOPICS: [&str; 5] = [
    "products",
    "orders",
    "order-status",
    "product-states",
    "dead-letters",
];

/// A prefix that separates one test's databases, topics and groups from those of other tests.
#[derive(Clone, Debug)]
pub(crate) struct Namespace(pub(crate) String);

impl Namespace {
    pub(crate) fn random() -> Self {
        Self(format!("t_{}", random_id()))
    }

    pub(crate) fn database(&self, service: &str) -> String {
        format!("{}_{service}", self.0)
    }

    pub(crate) fn topic(&self, name: &str) -> String {
        format!("{}.{name}", self.0)
    }

    pub(crate) fn group(&self, service: &str) -> String {
        format!("{}-{service}", self.0)
    }
}

/// A namespace on servers. Dropping it removes its databases and topics.
pub(crate) struct Stores {
    pub(crate) namespace: Namespace,
    pub(crate) servers: Servers,
    pub(crate) mongodb: mongodb::Client,
    pub(crate) kafka: Kafka,
}

impl Stores {
    /// Creates a namespace on the servers that `start` returns.
    pub(crate) async fn new(start: fn() -> Servers) -> Self {
        let servers = tokio::task::spawn_blocking(start)
            .await
            .expect("the servers start");
        let (namespace, kafka) = (Namespace::random(), Kafka::new(&servers.kafka_brokers));
        let group = |service| namespace.group(service);
        let topics = Topics::with_prefix(&namespace.0);
        let rules = access::rules(&topics, &group("products"), &group("orders"));
        kafka.allow_users(rules).await;
        Self {
            namespace,
            mongodb: connect(&servers.mongodb_uri).await,
            kafka,
            servers,
        }
    }

    pub(crate) fn database(&self, service: &str) -> Database {
        self.mongodb.database(&self.namespace.database(service))
    }

    pub(crate) fn collection(&self, service: &str, name: &str) -> Collection<Document> {
        self.database(service).collection(name)
    }
}

impl Drop for Stores {
    fn drop(&mut self) {
        if self.servers.are_dedicated() {
            return;
        }
        let databases = DATABASES.map(|service| self.namespace.database(service));
        let topics = TOPICS.map(|name| self.namespace.topic(name));
        let (uri, kafka) = (self.servers.mongodb_uri.clone(), self.kafka.clone());
        // `drop` cannot await on the test's own runtime.
        let cleanup = std::thread::spawn(move || clean(&uri, &databases, &kafka, &topics));
        let _ = cleanup.join();
    }
}

/// A test must not see a change before the services, which read what a majority has.
async fn connect(uri: &str) -> mongodb::Client {
    let options = ClientOptions::parse(uri).await;
    let mut options = options.expect("the connection string is valid");
    options.read_concern = Some(ReadConcern::majority());
    mongodb::Client::with_options(options).expect("the options are valid")
}

/// Removes databases and topics. The servers end with the run, so errors do not matter.
fn clean(uri: &str, databases: &[String], kafka: &Kafka, topics: &[String]) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let Ok(runtime) = runtime else { return };
    runtime.block_on(async {
        let cleanup = async {
            let Ok(client) = mongodb::Client::with_uri_str(uri).await else {
                return;
            };
            for database in databases {
                let _ = client.database(database).drop().await;
            }
            let topics: Vec<_> = topics.iter().map(String::as_str).collect();
            kafka.delete_topics(&topics).await;
        };
        let _ = tokio::time::timeout(CLEANUP_TIMEOUT, cleanup).await;
    });
}
