//! Raw messages, topics and consumer groups.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use kafka_acls::Rule;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::groups::GroupList;
use rdkafka::message::{Header, Headers as _, Message as _, OwnedHeaders, OwnedMessage};
use rdkafka::metadata::{MetadataPartition, MetadataTopic};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{Offset, TopicPartitionList};
use serde_json::Value;

use crate::eventually::eventually;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// A message to send, valid or not.
#[derive(Clone, Debug, Default)]
pub struct RawMessage {
    /// The key, which decides the partition.
    pub key: String,
    /// The message headers.
    pub headers: Vec<(String, String)>,
    /// The payload.
    pub payload: Vec<u8>,
}

impl RawMessage {
    /// A message without key and headers.
    pub fn new(payload: impl Into<Vec<u8>>) -> Self {
        Self {
            payload: payload.into(),
            ..Self::default()
        }
    }
}

/// A message read from a topic.
#[derive(Clone, Debug)]
pub struct Record {
    /// The partition that contains it.
    pub partition: i32,
    /// Its offset in the partition.
    pub offset: i64,
    /// The partition key.
    pub key: String,
    /// The message headers, by name.
    pub headers: BTreeMap<String, String>,
    /// The payload.
    pub payload: Vec<u8>,
}

impl Record {
    /// A header, if the message has it.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The payload as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.payload).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// A copy of the message to send.
    pub fn to_raw(&self) -> RawMessage {
        RawMessage {
            key: self.key.clone(),
            headers: self.headers.clone().into_iter().collect(),
            payload: self.payload.clone(),
        }
    }
}

/// A connection to the brokers.
#[derive(Clone)]
pub(crate) struct Kafka {
    brokers: String,
}

impl Kafka {
    pub(crate) fn new(brokers: &str) -> Self {
        Self {
            brokers: brokers.to_owned(),
        }
    }

    /// Allows the users of the broker what they need in a shop.
    pub(crate) async fn allow_users(&self, rules: Vec<Rule>) {
        self.blocking(move |kafka| {
            kafka_acls::create(kafka.admin().inner(), &rules, REQUEST_TIMEOUT)
                .expect("the broker creates the rules");
        })
        .await;
    }

    /// Sends messages one after the other; returns the partition and offset of each.
    pub(crate) async fn produce(&self, topic: &str, messages: &[RawMessage]) -> Vec<(i32, i64)> {
        let mut config = self.config();
        config
            .set("message.max.bytes", "5000000")
            // So that a message can be larger than the broker accepts uncompressed.
            .set("compression.type", "lz4")
            .set("linger.ms", "0");
        let producer: FutureProducer = config.create().expect("the settings are valid");
        let mut offsets = Vec::new();
        for message in messages {
            let mut headers = OwnedHeaders::new();
            for (key, value) in &message.headers {
                headers = headers.insert(Header {
                    key,
                    value: Some(value),
                });
            }
            let record = FutureRecord::to(topic)
                .key(&message.key)
                .payload(&message.payload)
                .headers(headers);
            let delivery = producer
                .send(record, REQUEST_TIMEOUT)
                .await
                .expect("the broker acknowledges the message");
            offsets.push((delivery.partition, delivery.offset));
        }
        offsets
    }

    /// Reads all messages of a topic, partition by partition.
    pub(crate) async fn read(&self, topic: &str) -> Vec<Record> {
        let topic = topic.to_owned();
        self.blocking(move |kafka| kafka.read_blocking(&topic))
            .await
    }

    /// How many messages of the topics the group has not committed yet.
    pub(crate) async fn lag(&self, group: &str, topics: Vec<String>) -> i64 {
        let group = group.to_owned();
        self.blocking(move |kafka| kafka.lag_blocking(&group, &topics))
            .await
    }

    /// Describes the state of a group, for error messages.
    pub(crate) async fn describe_group(&self, group: &str) -> String {
        let group = group.to_owned();
        self.blocking(move |kafka| {
            let groups = kafka.groups(&group);
            let descriptions = groups.groups().iter().map(|group| {
                let (name, state) = (group.name(), group.state());
                format!("{name} is {state} with {} members", group.members().len())
            });
            descriptions.collect::<Vec<_>>().join("; ")
        })
        .await
    }

    /// How many consumers a group has.
    pub(crate) async fn member_count(&self, group: &str) -> usize {
        let group = group.to_owned();
        self.blocking(move |kafka| {
            let groups = kafka.groups(&group);
            let members = groups.groups().iter().map(|group| group.members().len());
            members.sum()
        })
        .await
    }

    /// The groups of this name: one, or none.
    fn groups(&self, name: &str) -> GroupList {
        let consumer = self.consumer(name);
        let groups = consumer.fetch_group_list(Some(name), REQUEST_TIMEOUT);
        groups.expect("the broker responds")
    }

    /// Resets the offsets of a group without members to the beginning.
    pub(crate) async fn reset_offsets(&self, group: &str, topics: Vec<String>) {
        let group = group.to_owned();
        self.blocking(move |kafka| {
            let consumer = kafka.consumer(&group);
            let mut list = TopicPartitionList::new();
            for topic in &topics {
                for partition in partitions(&consumer, topic) {
                    let added = list.add_partition_offset(topic, partition, Offset::Offset(0));
                    added.expect("0 is a valid offset");
                }
            }
            consumer
                .commit(&list, CommitMode::Sync)
                .expect("the group has no other member");
        })
        .await;
    }

    /// Deletes topics. Errors do not matter: the topics may not exist, or the broker may be down.
    pub(crate) async fn delete_topics(&self, topics: &[&str]) {
        let _ = self
            .admin()
            .delete_topics(topics, &AdminOptions::new())
            .await;
    }

    /// Deletes the messages of a topic as retention does, and keeps the offsets.
    pub(crate) async fn truncate_topic(&self, topic: &str) {
        let name = topic.to_owned();
        let all = self.blocking(move |kafka| kafka.ends(&name)).await;
        let deleted = self
            .admin()
            .delete_records(&all, &AdminOptions::new())
            .await;
        deleted.expect("the broker deletes the messages");
    }

    /// Creates a topic of one partition with this setting, as soon as it does not exist.
    pub(crate) async fn create_topic(&self, topic: &str, setting: (&str, &str)) {
        let admin = self.admin();
        let new = NewTopic::new(topic, 1, TopicReplication::Fixed(1)).set(setting.0, setting.1);
        eventually("the topic is created", async || {
            let created = admin.create_topics([&new], &AdminOptions::new()).await;
            let created = created.expect("the broker responds").remove(0);
            created.map_err(|(_, code)| code.to_string())
        })
        .await;
    }

    async fn blocking<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> T {
        let kafka = self.clone();
        let task = tokio::task::spawn_blocking(move || call(&kafka));
        task.await.expect("the call does not panic")
    }

    fn read_blocking(&self, topic: &str) -> Vec<Record> {
        let consumer = self.consumer("reader");
        // The end offsets of the partitions that are not read to their end yet.
        let mut unread = BTreeMap::new();
        let mut assignment = TopicPartitionList::new();
        for partition in partitions(&consumer, topic) {
            let (low, high) = watermarks(&consumer, topic, partition);
            if low < high {
                unread.insert(partition, high);
                let added = assignment.add_partition_offset(topic, partition, Offset::Offset(low));
                added.expect("the offset is valid");
            }
        }
        consumer
            .assign(&assignment)
            .expect("the partitions are assigned");
        let mut records = Vec::new();
        let deadline = Instant::now() + REQUEST_TIMEOUT;
        while !unread.is_empty() {
            assert!(Instant::now() < deadline, "timed out reading {topic}");
            let Some(Ok(message)) = consumer.poll(POLL_INTERVAL) else {
                continue;
            };
            let record = record(&message.detach());
            let Some(high) = unread.get(&record.partition).copied() else {
                continue;
            };
            if record.offset + 1 >= high {
                unread.remove(&record.partition);
            }
            if record.offset < high {
                records.push(record);
            }
        }
        records.sort_by_key(|record| (record.partition, record.offset));
        records
    }

    fn lag_blocking(&self, group: &str, topics: &[String]) -> i64 {
        let consumer = self.consumer(group);
        let mut lag = 0;
        for topic in topics {
            let mut list = TopicPartitionList::new();
            for partition in partitions(&consumer, topic) {
                list.add_partition(topic, partition);
            }
            let committed = consumer
                .committed_offsets(list, REQUEST_TIMEOUT)
                .expect("the group has a coordinator");
            for element in committed.elements() {
                let (low, high) = watermarks(&consumer, topic, element.partition());
                let committed = element.offset().to_raw().filter(|offset| *offset >= 0);
                lag += high - committed.unwrap_or(low);
            }
        }
        lag
    }

    /// The end of each partition.
    fn ends(&self, topic: &str) -> TopicPartitionList {
        let consumer = self.consumer("reader");
        let mut ends = TopicPartitionList::new();
        for partition in partitions(&consumer, topic) {
            let (_, high) = watermarks(&consumer, topic, partition);
            let added = ends.add_partition_offset(topic, partition, Offset::Offset(high));
            added.expect("the offset is valid");
        }
        ends
    }

    fn admin(&self) -> AdminClient<DefaultClientContext> {
        self.config().create().expect("the settings are valid")
    }

    fn consumer(&self, group: &str) -> BaseConsumer {
        let mut config = self.config();
        config
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            // Waiting for more messages would only slow reading down.
            .set("fetch.wait.max.ms", "5");
        config.create().expect("the settings are valid")
    }

    fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.brokers)
            .set("log_level", "2");
        config
    }
}

/// The partitions of a topic; none if the topic does not exist.
fn partitions(consumer: &BaseConsumer, topic: &str) -> BTreeSet<i32> {
    let metadata = consumer
        .fetch_metadata(Some(topic), REQUEST_TIMEOUT)
        .expect("the broker responds");
    let partitions = metadata.topics().iter().flat_map(MetadataTopic::partitions);
    partitions.map(MetadataPartition::id).collect()
}

/// The first offset of a partition, and the one after the last. A new partition has no leader for a
/// moment.
fn watermarks(consumer: &BaseConsumer, topic: &str, partition: i32) -> (i64, i64) {
    let deadline = Instant::now() + REQUEST_TIMEOUT;
    loop {
        match consumer.fetch_watermarks(topic, partition, REQUEST_TIMEOUT) {
            Ok(watermarks) => return watermarks,
            Err(error) if Instant::now() > deadline => {
                panic!("cannot read the offsets of partition {partition} of {topic}: {error}")
            }
            // Nothing is assigned yet, so polling only waits.
            Err(_) => drop(consumer.poll(POLL_INTERVAL)),
        }
    }
}

fn record(message: &OwnedMessage) -> Record {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = message
        .headers()
        .into_iter()
        .flat_map(|headers| headers.iter());
    let header = |header: Header<'_, &[u8]>| {
        let value = header.value.map(text).unwrap_or_default();
        (header.key.to_owned(), value)
    };
    Record {
        partition: message.partition(),
        offset: message.offset(),
        key: message.key().map(text).unwrap_or_default(),
        headers: headers.map(header).collect(),
        payload: message.payload().unwrap_or_default().to_vec(),
    }
}
