//! The batching consumer. It stores offsets only after the handler's work is durable, so a batch that
//! a crash interrupts is delivered again, and handlers must be idempotent.

use std::collections::BTreeMap;
use std::time::Duration;

use events::{Event, Topics};
use futures::FutureExt as _;
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _, OwnedMessage};
use rdkafka::topic_partition_list::Offset;
use rdkafka::{ClientConfig, TopicPartitionList};
use runtime::health::Part;
use runtime::lifecycle::{Failure, error_chain};
use tokio_util::sync::CancellationToken;

use crate::dead_letters::DeadLetterProducer;
use crate::settings::{KafkaConfigError, KafkaSettings};

/// More would make transactions long, fewer would make them expensive per message.
const MAX_BATCH_MESSAGES: usize = 500;

/// The backoff between attempts to handle a batch.
const MIN_BACKOFF: Duration = Duration::from_millis(20);
const MAX_BACKOFF: Duration = Duration::from_secs(1);
/// The pause after a failed read without any message.
const ERROR_PAUSE: Duration = Duration::from_millis(50);

/// A received event.
#[derive(Clone, Debug)]
pub struct IncomingEvent {
    /// The parsed payload.
    pub event: Event,
    /// When the event happened according to its sender (`ce_time`).
    pub time: Option<jiff::Timestamp>,
    /// The trace context (`traceparent`).
    pub traceparent: Option<String>,
}

/// A service's handler of events.
pub trait Handler: Send + Sync + 'static {
    /// Makes the effects of a batch durable. It is called again with the same batch after a failure,
    /// and possibly after a success, so it must be idempotent.
    fn handle(&self, batch: &[IncomingEvent]) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// The topics that a service consumes.
pub struct Subscription<'a> {
    /// The service; also the consumer group, unless `KAFKA_GROUP` is set.
    pub service: &'a str,
    /// The full names of the topics.
    pub topics: Vec<String>,
    /// The crash point before offsets are stored.
    pub crash_point: &'static str,
}

/// A received batch: its readable events and its poison messages with the reason.
#[derive(Default)]
struct Batch {
    events: Vec<IncomingEvent>,
    poison: Vec<(OwnedMessage, String)>,
    next_offsets: BTreeMap<(String, i32), i64>,
}

/// Consumes the events of a subscription and passes them to a handler.
#[must_use = "call run to start consuming"]
pub struct Consumer<H> {
    config: ClientConfig,
    topics: Vec<String>,
    /// The topic of each kind of event.
    topic_of: Topics,
    handler: H,
    dead_letters: DeadLetterProducer,
    crash_point: &'static str,
}

impl<H: Handler> Consumer<H> {
    /// Creates a consumer, which connects when it runs. Fails if the settings are invalid.
    pub fn new(
        settings: &KafkaSettings,
        subscription: Subscription<'_>,
        handler: H,
    ) -> Result<Self, KafkaConfigError> {
        let config = config(settings, subscription.service)?;
        config.create_native_config()?;
        Ok(Self {
            config,
            topics: subscription.topics,
            topic_of: settings.topics(),
            handler,
            dead_letters: DeadLetterProducer::new(settings, subscription.service)?,
            crash_point: subscription.crash_point,
        })
    }

    /// Consumes until `stop`, then commits the offsets of finished batches and leaves the group.
    pub async fn run(self, part: Part, stop: CancellationToken) -> Result<(), KafkaError> {
        // Created here and not earlier: a client that is not polled accumulates the errors of an
        // unreachable broker in memory.
        let consumer: StreamConsumer = self.config.create()?;
        let topics: Vec<&str> = self.topics.iter().map(String::as_str).collect();
        consumer.subscribe(&topics)?;
        part.set(true);
        while let Some(mut batch) = self.next_batch(&consumer, &stop).await {
            if !self.process(&mut batch, &stop).await {
                break;
            }
            store_offsets(&consumer, &batch);
        }
        // Closing blocks, because it leaves the group at the broker.
        let _ = tokio::task::spawn_blocking(move || drop(consumer)).await;
        Ok(())
    }

    /// Waits for a message and adds all that have arrived with it; `None` at `stop`.
    async fn next_batch(
        &self,
        consumer: &StreamConsumer,
        stop: &CancellationToken,
    ) -> Option<Batch> {
        let mut batch = Batch::default();
        let first = tokio::select! {
            () = stop.cancelled() => return None,
            first = consumer.recv() => first,
        };
        let failed = first.is_err();
        self.add(&mut batch, first);
        // Drains all queued errors of an unreachable broker: messages queue up behind them.
        while batch.len() < MAX_BATCH_MESSAGES {
            let Some(next) = consumer.recv().now_or_never() else {
                break;
            };
            self.add(&mut batch, next);
        }
        if failed && batch.len() == 0 {
            tokio::time::sleep(ERROR_PAUSE).await;
        }
        Some(batch)
    }

    fn add(&self, batch: &mut Batch, received: Result<BorrowedMessage<'_>, KafkaError>) {
        match received {
            Ok(message) => batch.add(&message, &self.topic_of),
            Err(error) => tracing::warn!(%error, "cannot read from Kafka; retrying"),
        }
    }

    /// Retries with backoff until the batch is handled; `false` if `stop` came first.
    async fn process(&self, batch: &mut Batch, stop: &CancellationToken) -> bool {
        let mut backoff = MIN_BACKOFF;
        while let Err(error) = self.attempt(batch).await {
            tracing::warn!(
                error = error_chain(error.as_ref()),
                events = batch.events.len(),
                "cannot handle a batch of events; retrying"
            );
            tokio::select! {
                () = stop.cancelled() => return false,
                () = tokio::time::sleep(backoff) => {}
            }
            backoff = (backoff * 2).min(MAX_BACKOFF);
        }
        runtime::crash::crash_point(self.crash_point);
        true
    }

    async fn attempt(&self, batch: &mut Batch) -> Result<(), Failure> {
        // Dead-lettered messages leave the batch, so that a retry does not dead-letter them again.
        self.dead_letters.dead_letter(&mut batch.poison).await?;
        if batch.events.is_empty() {
            Ok(())
        } else {
            self.handler.handle(&batch.events).await
        }
    }
}

impl Batch {
    fn len(&self) -> usize {
        self.events.len() + self.poison.len()
    }

    fn add(&mut self, message: &BorrowedMessage<'_>, topic_of: &Topics) {
        let partition = (message.topic().to_owned(), message.partition());
        self.next_offsets.insert(partition, message.offset() + 1);
        match Event::decode(message.payload().unwrap_or_default()) {
            Ok(event) if topic_of.of(&event) == message.topic() => {
                self.events.push(IncomingEvent {
                    event,
                    time: header(message, "ce_time").and_then(|time| time.parse().ok()),
                    traceparent: header(message, events::TRACEPARENT).map(str::to_owned),
                });
            }
            Ok(event) => {
                let reason = format!("{} is not an event of this topic", event.kind());
                self.poison.push((message.detach(), reason));
            }
            Err(error) => self.poison.push((message.detach(), error_chain(&error))),
        }
    }
}

fn config(settings: &KafkaSettings, service: &str) -> Result<ClientConfig, KafkaConfigError> {
    let mut config = settings.client(service)?;
    config
        .set("group.id", settings.group(service))
        .set("enable.auto.commit", "true")
        .set("auto.commit.interval.ms", "500")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "earliest")
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set(
            "session.timeout.ms",
            settings.kafka_session_timeout.as_millis().to_string(),
        )
        .set("heartbeat.interval.ms", "500")
        .set("fetch.queue.backoff.ms", "20")
        .set("queued.min.messages", "5000")
        .set("queued.max.messages.kbytes", "8192");
    Ok(config)
}

fn store_offsets(consumer: &StreamConsumer, batch: &Batch) {
    let mut offsets = TopicPartitionList::new();
    for ((topic, partition), next) in &batch.next_offsets {
        // Fails only for invalid offsets; these are the broker's own offsets plus one.
        let _ = offsets.add_partition_offset(topic, *partition, Offset::Offset(*next));
    }
    if let Err(error) = consumer.store_offsets(&offsets) {
        // The partition was reassigned to another replica, which reads the batch again.
        tracing::info!(%error, "cannot store offsets; another replica may read the batch again");
    }
}

fn header<'a>(message: &'a BorrowedMessage<'_>, name: &str) -> Option<&'a str> {
    let headers = message.headers()?;
    let value = headers.iter().find(|header| header.key == name)?.value?;
    std::str::from_utf8(value).ok()
}
