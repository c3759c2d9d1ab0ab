//! A shop's databases, topics and consumer groups.

use std::collections::BTreeMap;

use bson::{Document, doc};
use mongodb::{Collection, Database};

use super::{Shop, lock};
use crate::broker_user::BrokerUser;
use crate::eventually::eventually;
use crate::kafka::{RawMessage, Record};
use crate::servers::Servers;

/// The consumer groups of a shop, without their prefix.
const CONSUMER_GROUPS: [&str; 3] = ["products", "orders", "orders-product-states"];

/// Access to the databases, topics and consumer groups.
impl Shop {
    /// The database of a service.
    pub fn database(&self, service: &str) -> Database {
        self.stores.database(service)
    }

    /// A collection of a service.
    pub fn collection(&self, service: &str, name: &str) -> Collection<Document> {
        self.stores.collection(service, name)
    }

    /// The number of orders that are still pending.
    pub async fn count_pending(&self) -> Result<u64, String> {
        let orders = self.collection("orders", "orders");
        let pending = orders.count_documents(doc! { "status": "PENDING" }).await;
        pending.map_err(|error| error.to_string())
    }

    /// The servers that hold the data.
    pub fn servers(&self) -> &Servers {
        &self.stores.servers
    }

    /// The prefix of the topics.
    pub fn topic_prefix(&self) -> &str {
        &self.stores.namespace.0
    }

    /// The full name of a topic such as `orders`.
    pub fn topic(&self, name: &str) -> String {
        self.stores.namespace.topic(name)
    }

    /// Logs in to the broker as a user.
    pub fn broker_user(&self, name: &str) -> BrokerUser {
        BrokerUser::log_in(&self.servers().kafka_users_brokers, name)
    }

    /// The full name of a service's consumer group.
    pub fn group(&self, service: &str) -> String {
        self.stores.namespace.group(service)
    }

    /// Sends messages to a topic such as `orders`, one after the other.
    pub async fn produce(&self, topic: &str, messages: &[RawMessage]) {
        let topic = self.topic(topic);
        let offsets = self.stores.kafka.produce(&topic, messages).await;
        let sent = offsets
            .into_iter()
            .map(|(partition, offset)| (topic.clone(), partition, offset));
        lock(&self.injected).extend(sent);
    }

    /// Deletes a topic such as `orders`. A service may create it again.
    pub async fn delete_topic(&self, topic: &str) {
        self.stores.kafka.delete_topics(&[&self.topic(topic)]).await;
    }

    /// Deletes all messages of a topic such as `orders`, as retention does.
    pub async fn truncate_topic(&self, topic: &str) {
        self.stores.kafka.truncate_topic(&self.topic(topic)).await;
    }

    /// Creates a deleted topic such as `orders` with one partition and this setting.
    pub async fn create_topic(&self, topic: &str, setting: (&str, &str)) {
        let topic = self.topic(topic);
        self.stores.kafka.create_topic(&topic, setting).await;
    }

    /// Reads all messages of a topic such as `orders`.
    pub async fn messages(&self, topic: &str) -> Vec<Record> {
        self.stores.kafka.read(&self.topic(topic)).await
    }

    /// How many messages a service's consumer group has not processed yet.
    pub async fn lag(&self, service: &str) -> i64 {
        let (group, topics) = self.subscription(service);
        self.stores.kafka.lag(&group, topics).await
    }

    /// Describes the state of a service's consumer group, for error messages.
    pub async fn describe_group(&self, service: &str) -> String {
        let (group, _) = self.subscription(service);
        self.stores.kafka.describe_group(&group).await
    }

    /// Waits until all consumers have joined their groups. A consumer creates the missing topics before.
    pub async fn wait_for_members(&self) {
        for group in CONSUMER_GROUPS {
            let group = self.stores.namespace.group(group);
            eventually(&format!("{group} has a member"), async || {
                match self.stores.kafka.member_count(&group).await {
                    0 => Err("it has none".to_owned()),
                    _ => Ok(()),
                }
            })
            .await;
        }
    }

    /// Resets the offsets of a service to the beginning. All its replicas must be down.
    pub async fn reset_offsets(&self, service: &str) {
        let (group, topics) = self.subscription(service);
        self.stores.kafka.reset_offsets(&group, topics).await;
    }

    /// The consumer group of a service and its topics.
    fn subscription(&self, service: &str) -> (String, Vec<String>) {
        let topics: &[&str] = match service {
            "products" => &["orders"],
            _ => &["products", "order-status"],
        };
        let topics = topics.iter().map(|topic| self.topic(topic)).collect();
        (self.stores.namespace.group(service), topics)
    }

    /// Whether the test itself has sent this message.
    pub(crate) fn is_injected(&self, topic: &str, record: &Record) -> bool {
        let message = (self.topic(topic), record.partition, record.offset);
        lock(&self.injected).contains(&message)
    }

    /// The products that the test has added, with their initial stock.
    pub(crate) fn added_products(&self) -> BTreeMap<String, i64> {
        lock(&self.added).clone()
    }
}
