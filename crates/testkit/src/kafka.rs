//! The test's own hand on Kafka: raw messages in, everything out.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::message::{Header, Headers as _, Message as _, OwnedHeaders, OwnedMessage};
use rdkafka::metadata::{MetadataPartition, MetadataTopic};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{Offset, TopicPartitionList};

/// How long one request to the broker may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A message to be sent, which may be anything.
#[derive(Clone, Debug, Default)]
pub struct Raw {
    /// What decides its partition.
    pub key: String,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Its bytes.
    pub payload: Vec<u8>,
}

/// A message as it is on a topic.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its partition.
    pub partition: i32,
    /// Its place in the partition.
    pub offset: i64,
    /// Its key.
    pub key: String,
    /// Its headers.
    pub headers: BTreeMap<String, String>,
    /// Its bytes.
    pub payload: Vec<u8>,
}

impl Record {
    /// A header, if it is there.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The same message, ready to be sent again.
    pub fn again(&self) -> Raw {
        Raw {
            key: self.key.clone(),
            headers: self.headers.clone().into_iter().collect(),
            payload: self.payload.clone(),
        }
    }
}

/// A hand on the broker.
#[derive(Clone)]
pub(crate) struct Kafka {
    brokers: String,
}

impl Kafka {
    pub(crate) fn at(brokers: &str) -> Self {
        Self {
            brokers: brokers.to_owned(),
        }
    }

    /// Sends messages one after the other; gives partition and offset of each.
    pub(crate) async fn produce(&self, topic: &str, messages: &[Raw]) -> Vec<(i32, i64)> {
        let mut config = self.config();
        config
            .set("message.max.bytes", "5000000")
            .set("linger.ms", "0");
        let producer: FutureProducer = config.create().expect("the settings are right");
        let mut places = Vec::new();
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
                .send(record, PATIENCE)
                .await
                .expect("the broker takes the message");
            places.push((delivery.partition, delivery.offset));
        }
        places
    }

    /// Every message of a topic, partition by partition.
    pub(crate) async fn read(&self, topic: &str) -> Vec<Record> {
        let (kafka, topic) = (self.clone(), topic.to_owned());
        let read = tokio::task::spawn_blocking(move || kafka.read_blocking(&topic));
        read.await.expect("reading does not panic")
    }

    /// How far the group is behind on the topics.
    pub(crate) async fn lag(&self, group: &str, topics: Vec<String>) -> i64 {
        let (kafka, group) = (self.clone(), group.to_owned());
        let read = tokio::task::spawn_blocking(move || kafka.lag_blocking(&group, &topics));
        read.await.expect("reading does not panic")
    }

    /// What the broker says of a group, for messages.
    pub(crate) async fn describe(&self, group: &str) -> String {
        let (kafka, group) = (self.clone(), group.to_owned());
        let described = tokio::task::spawn_blocking(move || {
            let groups = kafka
                .consumer(&group)
                .fetch_group_list(Some(&group), PATIENCE);
            let groups = groups.expect("the broker answers");
            let told = groups.groups().iter().map(|group| {
                format!(
                    "{} is {} with {} members",
                    group.name(),
                    group.state(),
                    group.members().len()
                )
            });
            told.collect::<Vec<_>>().join("; ")
        });
        described.await.expect("asking does not panic")
    }

    /// Makes a group that nobody is in read the topics from the beginning.
    pub(crate) async fn rewind(&self, group: &str, topics: Vec<String>) {
        let (kafka, group) = (self.clone(), group.to_owned());
        let done = tokio::task::spawn_blocking(move || kafka.rewind_blocking(&group, &topics));
        done.await.expect("rewinding does not panic");
    }

    /// Removes topics, so that the broker of a long run stays small.
    pub(crate) async fn delete(&self, topics: &[&str]) {
        let admin: AdminClient<DefaultClientContext> =
            self.config().create().expect("the settings are right");
        // What is not there need not go, and a broker that is away takes everything with it.
        let _ = admin.delete_topics(topics, &AdminOptions::new()).await;
    }

    fn read_blocking(&self, topic: &str) -> Vec<Record> {
        let consumer = self.consumer("nobody");
        let mut missing = BTreeMap::new();
        let mut assignment = TopicPartitionList::new();
        for partition in partitions(&consumer, topic) {
            let (low, high) = consumer
                .fetch_watermarks(topic, partition, PATIENCE)
                .expect("the broker knows its partition");
            if low < high {
                missing.insert(partition, high);
                let from = assignment.add_partition_offset(topic, partition, Offset::Offset(low));
                from.expect("an offset is an offset");
            }
        }
        consumer
            .assign(&assignment)
            .expect("partitions can be assigned");
        let mut records = Vec::new();
        let end = Instant::now() + PATIENCE;
        while !missing.is_empty() {
            assert!(Instant::now() < end, "{topic} could not be read to its end");
            let Some(Ok(message)) = consumer.poll(Duration::from_millis(100)) else {
                continue;
            };
            let record = record(&message.detach());
            let Some(high) = missing.get(&record.partition).copied() else {
                continue;
            };
            if record.offset + 1 >= high {
                missing.remove(&record.partition);
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
                .committed_offsets(list, PATIENCE)
                .expect("the group has a coordinator");
            for element in committed.elements() {
                let (low, high) = consumer
                    .fetch_watermarks(topic, element.partition(), PATIENCE)
                    .expect("the broker knows its partition");
                lag += high
                    - element
                        .offset()
                        .to_raw()
                        .filter(|offset| *offset >= 0)
                        .unwrap_or(low);
            }
        }
        lag
    }

    fn rewind_blocking(&self, group: &str, topics: &[String]) {
        let consumer = self.consumer(group);
        let mut list = TopicPartitionList::new();
        for topic in topics {
            for partition in partitions(&consumer, topic) {
                let added = list.add_partition_offset(topic, partition, Offset::Offset(0));
                added.expect("zero is an offset");
            }
        }
        consumer
            .commit(&list, CommitMode::Sync)
            .expect("nobody else is in the group");
    }

    fn consumer(&self, group: &str) -> BaseConsumer {
        let mut config = self.config();
        config
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            // What is there is there: nothing is gained by waiting for more.
            .set("fetch.wait.max.ms", "5");
        config.create().expect("the settings are right")
    }

    fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.brokers)
            .set("log_level", "2");
        config
    }
}

/// The partitions of a topic; none if there is no such topic.
fn partitions(consumer: &BaseConsumer, topic: &str) -> BTreeSet<i32> {
    let metadata = consumer
        .fetch_metadata(Some(topic), PATIENCE)
        .expect("the broker answers");
    let partitions = metadata.topics().iter().flat_map(MetadataTopic::partitions);
    partitions.map(MetadataPartition::id).collect()
}

fn record(message: &OwnedMessage) -> Record {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = message
        .headers()
        .into_iter()
        .flat_map(|headers| headers.iter());
    Record {
        partition: message.partition(),
        offset: message.offset(),
        key: message.key().map(text).unwrap_or_default(),
        headers: headers
            .map(|header| {
                (
                    header.key.to_owned(),
                    header.value.map(text).unwrap_or_default(),
                )
            })
            .collect(),
        payload: message.payload().unwrap_or_default().to_vec(),
    }
}
