//! Makes the topics that are missing.

use std::time::Duration;

use events::Topics;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use tokio_util::sync::CancellationToken;

use crate::settings::KafkaSettings;

/// A dead letter is its message plus headers, so it may be a little larger than any message.
const DEAD_LETTER_BYTES: &str = "2097152";

/// Makes the topics that are missing, once.
pub async fn ensure(settings: &KafkaSettings) -> Result<(), KafkaError> {
    let topics = settings.topics();
    let admin: AdminClient<DefaultClientContext> = settings.client("admin").create()?;
    let options = AdminOptions::new().request_timeout(Some(Duration::from_secs(3)));
    let outcomes = admin
        .create_topics(&wanted(&topics, settings), &options)
        .await?;
    for outcome in outcomes {
        match outcome {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((_, code)) => return Err(KafkaError::AdminOp(code)),
        }
    }
    Ok(())
}

/// Makes the topics that are missing, trying until the broker answers or `stop`.
pub async fn ensure_eventually(settings: &KafkaSettings, stop: &CancellationToken) {
    while let Err(error) = ensure(settings).await {
        tracing::warn!(%error, "cannot make the topics yet; tries again");
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(Duration::from_millis(100)) => {}
        }
    }
}

fn wanted<'a>(topics: &'a Topics, settings: &KafkaSettings) -> Vec<NewTopic<'a>> {
    let copies = || TopicReplication::Fixed(settings.kafka_replication);
    let mut wanted: Vec<NewTopic<'_>> = [&topics.products, &topics.orders, &topics.order_status]
        .into_iter()
        .map(|name| NewTopic::new(name, settings.kafka_partitions, copies()))
        .collect();
    // One partition: dead letters are few, and are read in the order in which they died.
    wanted.push(
        NewTopic::new(&topics.dead_letters, 1, copies())
            .set("max.message.bytes", DEAD_LETTER_BYTES),
    );
    wanted
}
