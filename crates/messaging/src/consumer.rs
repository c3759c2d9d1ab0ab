//! Whole batches in. Offsets are stored only after the work is durable, so whatever a crash
//! interrupts comes again, and the handler must make nothing of what it has seen before.

use std::collections::BTreeMap;
use std::time::Duration;

use events::Event;
use futures::FutureExt as _;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _, OwnedMessage};
use rdkafka::topic_partition_list::Offset;
use service_kit::health::Part;
use service_kit::lifecycle::{Failure, chain};
use tokio_util::sync::CancellationToken;

use crate::dead_letters::DeadLetters;
use crate::settings::KafkaSettings;

/// The most messages in one batch: more would make a transaction long, fewer would make it dear.
const MAX_BATCH: usize = 500;

/// An event as it came.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// What is told.
    pub event: Event,
    /// When it happened, as its sender says (`ce_time`).
    pub time: Option<jiff::Timestamp>,
    /// The trace it belongs to.
    pub traceparent: Option<String>,
}

/// What a service does with events.
pub trait Handler: Send + Sync + 'static {
    /// Whether this kind of event belongs to this reader; another is a dead letter.
    fn accepts(&self, event: &Event) -> bool;

    /// Makes a batch's effects durable. Called again with the same batch if it fails, and
    /// perhaps after it succeeded: it must make nothing of what it has seen before.
    fn handle(&self, batch: &[Incoming]) -> impl Future<Output = Result<(), Failure>> + Send;
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

/// Reads until `stop`; then leaves the group with everything that is done marked as done.
pub async fn run<H: Handler>(
    settings: &KafkaSettings,
    subscription: Subscription<'_>,
    handler: H,
    dead_letters: DeadLetters,
    part: Part,
    stop: CancellationToken,
) -> Result<(), KafkaError> {
    let group = settings
        .kafka_group
        .clone()
        .unwrap_or_else(|| subscription.service.to_owned());
    let consumer = connect(settings, subscription.service, &group)?;
    let topics: Vec<&str> = subscription.topics.iter().map(String::as_str).collect();
    consumer.subscribe(&topics)?;
    part.set(true);
    let reader = Reader {
        consumer,
        handler,
        dead_letters,
        crash_point: subscription.crash_point,
    };
    while let Some(batch) = reader.next_batch(&stop).await {
        if !reader.process(batch, &stop).await {
            break;
        }
    }
    // Closing talks to the broker and blocks.
    let _ = tokio::task::spawn_blocking(move || drop(reader)).await;
    Ok(())
}

fn connect(
    settings: &KafkaSettings,
    service: &str,
    group: &str,
) -> Result<StreamConsumer, KafkaError> {
    settings
        .client(service)
        .set("group.id", group)
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
        .set("queued.max.messages.kbytes", "8192")
        .create()
}

struct Reader<H> {
    consumer: StreamConsumer,
    handler: H,
    dead_letters: DeadLetters,
    crash_point: &'static str,
}

/// A batch as it came, and what could be read of it.
#[derive(Default)]
struct Batch {
    events: Vec<Incoming>,
    poison: Vec<(OwnedMessage, String)>,
    next_offsets: BTreeMap<(String, i32), i64>,
}

impl<H: Handler> Reader<H> {
    /// Waits for a message and takes what has come with it; `None` at `stop`.
    async fn next_batch(&self, stop: &CancellationToken) -> Option<Batch> {
        let mut batch = Batch::default();
        let first = tokio::select! {
            () = stop.cancelled() => return None,
            first = self.consumer.recv() => first,
        };
        self.add(&mut batch, first).await;
        while batch.len() < MAX_BATCH {
            let Some(next) = self.consumer.recv().now_or_never() else {
                break;
            };
            self.add(&mut batch, next).await;
        }
        Some(batch)
    }

    async fn add(&self, batch: &mut Batch, received: Result<BorrowedMessage<'_>, KafkaError>) {
        match received {
            Ok(message) => batch.add(&message, &self.handler),
            Err(error) => {
                tracing::warn!(%error, "cannot read from the broker; tries again");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }

    /// Works until the batch is done; `false` if `stop` came first.
    async fn process(&self, batch: Batch, stop: &CancellationToken) -> bool {
        let mut pause = Duration::from_millis(20);
        while let Err(error) = self.attempt(&batch).await {
            tracing::warn!(
                error = chain(error.as_ref()),
                events = batch.events.len(),
                "cannot handle a batch yet; tries again"
            );
            tokio::select! {
                () = stop.cancelled() => return false,
                () = tokio::time::sleep(pause) => {}
            }
            pause = (pause * 2).min(Duration::from_secs(1));
        }
        service_kit::crash::crash_point(self.crash_point);
        self.store_offsets(&batch);
        true
    }

    async fn attempt(&self, batch: &Batch) -> Result<(), Failure> {
        if !batch.poison.is_empty() {
            self.dead_letters.bury(&batch.poison).await?;
        }
        if batch.events.is_empty() {
            Ok(())
        } else {
            self.handler.handle(&batch.events).await
        }
    }

    fn store_offsets(&self, batch: &Batch) {
        let mut offsets = TopicPartitionList::new();
        for ((topic, partition), next) in &batch.next_offsets {
            // Fails only for offsets out of range, and these are the broker's own plus one.
            let _ = offsets.add_partition_offset(topic, *partition, Offset::Offset(*next));
        }
        if let Err(error) = self.consumer.store_offsets(&offsets) {
            // A partition that has moved on to another replica, which reads the batch again.
            tracing::info!(%error, "offsets were not stored; the batch may come again");
        }
    }
}

impl Batch {
    fn len(&self) -> usize {
        self.events.len() + self.poison.len()
    }

    fn add<H: Handler>(&mut self, message: &BorrowedMessage<'_>, handler: &H) {
        let partition = (message.topic().to_owned(), message.partition());
        self.next_offsets.insert(partition, message.offset() + 1);
        match Event::decode(message.payload().unwrap_or_default()) {
            Ok(event) if handler.accepts(&event) => self.events.push(Incoming {
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

fn header<'a>(message: &'a BorrowedMessage<'_>, name: &str) -> Option<&'a str> {
    let headers = message.headers()?;
    let value = headers.iter().find(|header| header.key == name)?.value?;
    std::str::from_utf8(value).ok()
}
