//! A shop's stores: databases, topics, groups, and how they are removed.

use std::collections::BTreeMap;
use std::time::Duration;

use mongodb::Database;

use super::{Shop, lock};
use crate::kafka::Kafka;
use crate::{Raw, Record, Stores};

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

/// Removes what a shop leaves in the stores. They end with the run, so what fails may fail.
pub(super) fn clean(uri: &str, databases: &[String], kafka: &Kafka, topics: &[String]) {
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
