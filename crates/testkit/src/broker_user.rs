//! What a user of the broker may do, found out by trying.

use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};

const TIMEOUT: Duration = Duration::from_secs(20);

/// A client that has logged in to the broker. Each attempt panics if it fails for another reason than the
/// access rules.
pub struct BrokerUser {
    config: ClientConfig,
}

impl BrokerUser {
    pub(crate) fn log_in(brokers: &str, name: &str) -> Self {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", brokers)
            .set("security.protocol", "sasl_plaintext")
            .set("sasl.mechanism", "PLAIN")
            .set("sasl.username", name)
            .set("sasl.password", name)
            .set("group.id", "unused")
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .set("log_level", "2");
        Self { config }
    }

    /// Whether it can write a message to a topic.
    pub async fn can_write(&self, topic: &str) -> bool {
        let producer: FutureProducer = self.config.create().expect("the settings are valid");
        let record = FutureRecord::to(topic).key("key").payload("not an event");
        match producer.send(record, TIMEOUT).await {
            Ok(_) => true,
            Err((error, _)) => is_allowed(&error),
        }
    }

    /// Whether it can read a topic.
    pub fn can_read(&self, topic: &str) -> bool {
        let consumer: BaseConsumer = self.config.create().expect("the settings are valid");
        let partition = partition(topic, Offset::Beginning);
        consumer.assign(&partition).expect("the partition is valid");
        let deadline = Instant::now() + TIMEOUT;
        while Instant::now() < deadline {
            match consumer.poll(Duration::from_millis(100)) {
                None => {}
                Some(Ok(_) | Err(KafkaError::PartitionEOF(_))) => return true,
                // Reading this way needs no group.
                Some(Err(error)) if is_about_group(&error) => {}
                Some(Err(error)) => return is_allowed(&error),
            }
        }
        panic!("timed out reading {topic}")
    }

    /// Whether it can change how far a consumer group has read a topic.
    pub fn can_commit(&self, group: &str, topic: &str) -> bool {
        let mut config = self.config.clone();
        let consumer: BaseConsumer = config
            .set("group.id", group)
            .create()
            .expect("the settings are valid");
        let committed = consumer.commit(&partition(topic, Offset::Offset(0)), CommitMode::Sync);
        committed.map_or_else(|error| is_allowed(&error), |()| true)
    }

    /// Whether it can create a topic.
    pub async fn can_create(&self, topic: &str) -> bool {
        let new = NewTopic::new(topic, 1, TopicReplication::Fixed(1));
        let options = AdminOptions::new();
        let created = self.admin().create_topics([&new], &options).await;
        let created = created.expect("the broker responds").remove(0);
        created.map_or_else(|(_, code)| is_allowed(&KafkaError::AdminOp(code)), |_| true)
    }

    /// Whether it can delete a topic.
    pub async fn can_delete(&self, topic: &str) -> bool {
        let options = AdminOptions::new();
        let deleted = self.admin().delete_topics(&[topic], &options).await;
        let deleted = deleted.expect("the broker responds").remove(0);
        deleted.map_or_else(|(_, code)| is_allowed(&KafkaError::AdminOp(code)), |_| true)
    }

    fn admin(&self) -> AdminClient<DefaultClientContext> {
        self.config.create().expect("the settings are valid")
    }
}

fn partition(topic: &str, offset: Offset) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    let added = list.add_partition_offset(topic, 0, offset);
    added.expect("the offset is valid");
    list
}

fn is_about_group(error: &KafkaError) -> bool {
    error.rdkafka_error_code() == Some(RDKafkaErrorCode::GroupAuthorizationFailed)
}

/// Panics unless the error is a refusal.
fn is_allowed(error: &KafkaError) -> bool {
    let code = match error {
        KafkaError::AdminOp(code) => Some(*code),
        error => error.rdkafka_error_code(),
    };
    let is_refusal = matches!(
        code,
        Some(
            RDKafkaErrorCode::TopicAuthorizationFailed
                | RDKafkaErrorCode::GroupAuthorizationFailed
                | RDKafkaErrorCode::ClusterAuthorizationFailed
        )
    );
    assert!(is_refusal, "{error}");
    false
}
