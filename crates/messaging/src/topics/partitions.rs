//! The number of partitions of the topics, as operators read and raise it.

use std::time::Duration;

use events::Topics;
use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::KafkaError;

use crate::settings::{KafkaConfigError, KafkaLogin, client};

const TIMEOUT: Duration = Duration::from_secs(5);

/// The partitions of the topics that several replicas consume: all but the dead-letter topic.
pub struct Partitions {
    admin: AdminClient<DefaultClientContext>,
    topics: Topics,
}

impl Partitions {
    /// Opens the topics of the shop with this prefix.
    pub fn open(brokers: &str, login: &KafkaLogin, prefix: &str) -> Result<Self, KafkaConfigError> {
        Ok(Self {
            admin: client(brokers, login, "partitions")?.create()?,
            topics: Topics::with_prefix(prefix),
        })
    }

    /// The existing topics with their numbers of partitions.
    pub fn list(&self) -> Result<Vec<(String, usize)>, KafkaError> {
        // The request names no topic, because that would create a missing one.
        let metadata = self.admin.inner().fetch_metadata(None, TIMEOUT)?;
        let names = self.topics.all().into_iter();
        let names = names.filter(|name| *name != self.topics.dead_letters);
        let existing = names.filter_map(|name| {
            let topic = metadata
                .topics()
                .iter()
                .find(|topic| topic.name() == name)?;
            Some((name.to_owned(), topic.partitions().len()))
        });
        Ok(existing.collect())
    }

    /// Raises the number of partitions of `topic` to `count`. Kafka cannot reduce it.
    pub async fn grow(&self, topic: &str, count: usize) -> Result<(), KafkaError> {
        let options = AdminOptions::new().request_timeout(Some(TIMEOUT));
        let partitions = [NewPartitions::new(topic, count)];
        let results = self.admin.create_partitions(&partitions, &options).await?;
        let failed = results.into_iter().find_map(Result::err);
        failed.map_or(Ok(()), |(_, code)| Err(KafkaError::AdminOp(code)))
    }
}
