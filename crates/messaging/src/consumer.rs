//! Whole batches in. Offsets are stored only after the work is durable, so whatever a crash
//! interrupts comes again, and the handler must make nothing of what it has seen before.

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

use crate::dead_letters::DeadLetters;
use crate::settings::{KafkaConfigError, KafkaSettings};

/// The most messages in one batch: more would make a transaction long, fewer would make it dear.
const MAX_BATCH: usize = 500;

/// An event as it came.
#[derive(Clone, Debug)]
pub struct IncomingEvent {
    /// What is told.
    pub event: Event,
    /// When it happened, as its sender says (`ce_time`).
    pub time: Option<jiff::Timestamp>,
    /// The trace it belongs to.
    pub traceparent: Option<String>,
}

/// What a service does with events.
pub trait Handler: Send + Sync + 'static {
    /// Makes a batch's effects durable. Called again with the same batch if it fails, and
    /// perhaps after it succeeded: it must make nothing of what it has seen before.
    fn handle(&self, batch: &[IncomingEvent]) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// What one service reads.
pub struct Subscription<'a> {
    /// The service, whose name the consumer group has unless set otherwise.
    pub service: &'a str,
    /// The topics.
    pub topics: Vec<String>,
    /// Where it dies if it may die before its offsets are stored.
    pub crash_point: &'static str,
}

/// A batch as it came, and what could be read of it.
#[derive(Default)]
struct Batch {
    events: Vec<IncomingEvent>,
    poison: Vec<(OwnedMessage, String)>,
    next_offsets: BTreeMap<(String, i32), i64>,
}

/// Reads a subscription's events, and gives them to its handler.
#[must_use = "nothing is read until it runs"]
pub struct Consumer<H> {
    config: ClientConfig,
    topics: Vec<String>,
    /// Where each kind of event belongs.
    belongs: Topics,
    handler: H,
    dead_letters: DeadLetters,
    crash_point: &'static str,
}

impl<H: Handler> Consumer<H> {
    /// A reader, which connects when it runs. Fails at once if the settings cannot be used.
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
            belongs: settings.topics(),
            handler,
            dead_letters: DeadLetters::new(settings, subscription.service)?,
            crash_point: subscription.crash_point,
        })
    }

    /// Reads until `stop`; then leaves the group with everything that is done marked as done.
    pub async fn run(self, part: Part, stop: CancellationToken) -> Result<(), KafkaError> {
        // Not earlier: a client that nobody reads from hoards the errors of a broker that is away.
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
        // Closing talks to the broker and blocks.
        let _ = tokio::task::spawn_blocking(move || drop(consumer)).await;
        Ok(())
    }

    /// Waits for a message and takes what has come with it; `None` at `stop`.
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
        // All the errors of a broker that was away at once: messages wait behind them.
        while batch.len() < MAX_BATCH {
            let Some(next) = consumer.recv().now_or_never() else {
                break;
            };
            self.add(&mut batch, next);
        }
        if failed && batch.len() == 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Some(batch)
    }

    fn add(&self, batch: &mut Batch, received: Result<BorrowedMessage<'_>, KafkaError>) {
        match received {
            Ok(message) => batch.add(&message, &self.belongs),
            Err(error) => tracing::warn!(%error, "cannot read from the broker; tries again"),
        }
    }

    /// Works until the batch is done; `false` if `stop` came first.
    async fn process(&self, batch: &mut Batch, stop: &CancellationToken) -> bool {
        let mut pause = Duration::from_millis(20);
        while let Err(error) = self.attempt(batch).await {
            tracing::warn!(
                error = error_chain(error.as_ref()),
                events = batch.events.len(),
                "cannot handle a batch yet; tries again"
            );
            tokio::select! {
                () = stop.cancelled() => return false,
                () = tokio::time::sleep(pause) => {}
            }
            pause = (pause * 2).min(Duration::from_secs(1));
        }
        runtime::crash::crash_point(self.crash_point);
        true
    }

    async fn attempt(&self, batch: &mut Batch) -> Result<(), Failure> {
        // What is buried leaves the batch, so that another attempt does not bury it again.
        self.dead_letters.bury(&mut batch.poison).await?;
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

    fn add(&mut self, message: &BorrowedMessage<'_>, belongs: &Topics) {
        let partition = (message.topic().to_owned(), message.partition());
        self.next_offsets.insert(partition, message.offset() + 1);
        match Event::decode(message.payload().unwrap_or_default()) {
            Ok(event) if belongs.of(&event) == message.topic() => self.events.push(IncomingEvent {
                event,
                time: header(message, "ce_time").and_then(|time| time.parse().ok()),
                traceparent: header(message, events::TRACEPARENT).map(str::to_owned),
            }),
            Ok(event) => {
                let reason = format!("{} does not belong on this topic", event.kind());
                self.poison.push((message.detach(), reason));
            }
            Err(error) => self.poison.push((message.detach(), error.to_string())),
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
        // Fails only for offsets out of range, and these are the broker's own plus one.
        let _ = offsets.add_partition_offset(topic, *partition, Offset::Offset(*next));
    }
    if let Err(error) = consumer.store_offsets(&offsets) {
        // A partition that has moved on to another replica, which reads the batch again.
        tracing::info!(%error, "offsets were not stored; the batch may come again");
    }
}

fn header<'a>(message: &'a BorrowedMessage<'_>, name: &str) -> Option<&'a str> {
    let headers = message.headers()?;
    let value = headers.iter().find(|header| header.key == name)?.value?;
    std::str::from_utf8(value).ok()
}
