//! Creates missing topics, and shows and raises their numbers of partitions.

mod partitions;

use std::sync::Arc;
use std::time::{Duration, Instant};

use events::Topics;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _, StreamConsumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::MetadataTopic;

use crate::settings::{KafkaConfigError, KafkaSettings};

pub use partitions::Partitions;

/// Larger than the limit of other topics, because a dead letter has additional headers.
const DEAD_LETTER_BYTES: &str = "2097152";
/// The active segment is not compacted, so it is closed early.
const MAX_COMPACTED_SEGMENT_AGE: &str = "600000";
/// Dead letters never expire.
const KEEP_FOREVER: &str = "-1";
/// A broker serves a new partition within milliseconds, or within a second when it is busy.
const SERVED_TIMEOUT: Duration = Duration::from_secs(3);
/// A broker rejects credentials immediately.
const AUTHENTICATION_TIMEOUT: Duration = Duration::from_secs(2);

/// Why topics cannot be created.
#[derive(Debug, thiserror::Error)]
pub enum TopicsError {
    /// The settings are invalid; a retry cannot succeed.
    #[error(transparent)]
    Settings(#[from] KafkaConfigError),
    /// The broker did not create them.
    #[error(transparent)]
    Broker(#[from] KafkaError),
}

/// Creates the missing topics and returns their names.
pub async fn create_missing(settings: &KafkaSettings) -> Result<Vec<String>, TopicsError> {
    let topics = settings.topics();
    let config = settings.client("admin")?;
    let admin: AdminClient<DefaultClientContext> = config.create()?;
    let options = AdminOptions::new().request_timeout(Some(Duration::from_secs(3)));
    let retention = settings.kafka_retention.as_millis().to_string();
    let results = admin
        .create_topics(&all_topics(&topics, settings, &retention), &options)
        .await;
    // Dropping it waits for its thread.
    tokio::task::spawn_blocking(move || drop(admin));
    let mut created = Vec::new();
    for result in results? {
        match result {
            Ok(name) => created.push(name),
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((_, code)) => return Err(KafkaError::AdminOp(code).into()),
        }
    }
    Ok(created)
}

/// Waits until the leader of each partition of `topics` serves it, at most for a few seconds.
///
/// A broker learns a moment after a topic was created that it leads a partition. A consumer that asks
/// earlier where to begin waits for half a second before it asks again, and so do its messages.
pub(crate) async fn wait_until_served(consumer: &Arc<StreamConsumer>, topics: &[String]) {
    let (consumer, topics) = (Arc::clone(consumer), topics.to_vec());
    let served = move || -> Result<(), KafkaError> {
        let deadline = Instant::now() + SERVED_TIMEOUT;
        let time_left = || deadline.saturating_duration_since(Instant::now());
        for topic in &topics {
            let metadata = consumer.fetch_metadata(Some(topic), time_left())?;
            let partitions = metadata.topics().iter().flat_map(MetadataTopic::partitions);
            for partition in partitions {
                consumer.fetch_watermarks(topic, partition.id(), time_left())?;
            }
        }
        Ok(())
    };
    if let Ok(Err(error)) = tokio::task::spawn_blocking(served).await {
        tracing::warn!(%error, "the broker does not serve all partitions yet");
    }
}

/// The broker's authentication error, if that is why a call timed out: the client library reports
/// it as an event and not as the result of the call.
pub async fn authentication_error(
    settings: &KafkaSettings,
) -> Result<Option<KafkaError>, TopicsError> {
    let client: BaseConsumer = settings.client("authentication-check")?.create()?;
    let events = tokio::task::spawn_blocking(move || {
        let end = Instant::now() + AUTHENTICATION_TIMEOUT;
        while Instant::now() < end {
            if let Some(Err(error)) = client.poll(Duration::from_millis(100))
                && error.rdkafka_error_code() == Some(RDKafkaErrorCode::Authentication)
            {
                return Some(error);
            }
        }
        None
    });
    Ok(events.await.ok().flatten())
}

fn all_topics<'a>(
    topics: &'a Topics,
    settings: &KafkaSettings,
    retention: &'a str,
) -> Vec<NewTopic<'a>> {
    let replication = || TopicReplication::Fixed(settings.kafka_replication);
    let mut all: Vec<NewTopic<'_>> = [&topics.products, &topics.orders, &topics.order_status]
        .into_iter()
        .map(|name| {
            NewTopic::new(name, settings.kafka_partitions, replication())
                .set("retention.ms", retention)
        })
        .collect();
    all.push(
        NewTopic::new(
            &topics.product_states,
            settings.kafka_partitions,
            replication(),
        )
        .set("cleanup.policy", "compact")
        .set("segment.ms", MAX_COMPACTED_SEGMENT_AGE),
    );
    // One partition: dead letters are few and are listed in order.
    all.push(
        NewTopic::new(&topics.dead_letters, 1, replication())
            .set("max.message.bytes", DEAD_LETTER_BYTES)
            .set("retention.ms", KEEP_FOREVER),
    );
    all
}
