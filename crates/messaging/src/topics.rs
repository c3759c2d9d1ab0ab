//! Makes the topics that are missing.

use std::time::{Duration, Instant};

use events::Topics;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::BaseConsumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use tokio_util::sync::CancellationToken;

use crate::settings::{KafkaConfigError, KafkaSettings};

/// A dead letter is its message plus headers, so it may be a little larger than any message.
const DEAD_LETTER_BYTES: &str = "2097152";
/// Nothing that could not be processed goes away by itself.
const FOR_GOOD: &str = "-1";
/// A broker says at once whom it does not let in.
const REFUSED_WITHIN: Duration = Duration::from_secs(2);

/// The topics could not be made.
#[derive(Debug, thiserror::Error)]
pub enum TopicsError {
    /// The settings are wrong, which no second try mends.
    #[error(transparent)]
    Settings(#[from] KafkaConfigError),
    /// The broker did not do it.
    #[error(transparent)]
    Broker(#[from] KafkaError),
}

/// Makes the topics that are missing, once, and returns their names.
pub async fn create_missing(settings: &KafkaSettings) -> Result<Vec<String>, TopicsError> {
    let topics = settings.topics();
    let config = settings.client("admin")?;
    let admin: AdminClient<DefaultClientContext> = config.create()?;
    let options = AdminOptions::new().request_timeout(Some(Duration::from_secs(3)));
    let retention = settings.kafka_retention.as_millis().to_string();
    let outcomes = admin
        .create_topics(&wanted(&topics, settings, &retention), &options)
        .await?;
    let mut made = Vec::new();
    for outcome in outcomes {
        match outcome {
            Ok(name) => made.push(name),
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((_, code)) => return Err(KafkaError::AdminOp(code).into()),
        }
    }
    Ok(made)
}

/// Why the broker does not let the user of these settings in, if that is why a call had no answer:
/// such calls only time out, and the reason comes as an event beside them.
pub async fn refusal(settings: &KafkaSettings) -> Result<Option<KafkaError>, TopicsError> {
    let client: BaseConsumer = settings.client("refusal")?.create()?;
    let events = tokio::task::spawn_blocking(move || {
        let end = Instant::now() + REFUSED_WITHIN;
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

/// Makes the topics that are missing, trying until the broker answers or `stop`.
pub async fn create_with_retry(settings: &KafkaSettings, stop: &CancellationToken) {
    while let Err(error) = create_missing(settings).await {
        tracing::warn!(%error, "cannot make the topics yet; tries again");
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(Duration::from_millis(100)) => {}
        }
    }
}

fn wanted<'a>(
    topics: &'a Topics,
    settings: &KafkaSettings,
    retention: &'a str,
) -> Vec<NewTopic<'a>> {
    let copies = || TopicReplication::Fixed(settings.kafka_replication);
    let mut wanted: Vec<NewTopic<'_>> = [&topics.products, &topics.orders, &topics.order_status]
        .into_iter()
        .map(|name| {
            NewTopic::new(name, settings.kafka_partitions, copies()).set("retention.ms", retention)
        })
        .collect();
    // One partition: dead letters are few, and are read in the order in which they died.
    wanted.push(
        NewTopic::new(&topics.dead_letters, 1, copies())
            .set("max.message.bytes", DEAD_LETTER_BYTES)
            .set("retention.ms", FOR_GOOD),
    );
    wanted
}
