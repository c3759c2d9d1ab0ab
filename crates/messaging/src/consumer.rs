//! The batching consumer. It stores offsets only after the handler's work is durable, so a batch that
//! a crash interrupts is delivered again, and handlers must be idempotent.
//!
//! A message that cannot be processed becomes a dead letter and delays no other: the events of a
//! batch are handled first, then its dead letters are written while the next batches are handled.
//! The offsets of a partition are stored up to its first dead letter that is not written yet.

mod batch;
mod handling;
mod progress;

use std::sync::Arc;
use std::time::Duration;

use events::{Event, Topics};
use futures::FutureExt as _;
use rdkafka::ClientConfig;
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use runtime::lifecycle::{Failure, error_chain};
use tokio_util::sync::CancellationToken;

use crate::dead_letters::{Letter, Undelivered, Writer};
use crate::settings::{KafkaConfigError, KafkaSettings};
use batch::Batch;
use progress::Positions;

/// The pause after a failed read without any message.
const ERROR_PAUSE: Duration = Duration::from_millis(50);
/// How long a stop waits for dead letters. Later ones are read again after the next start.
const STOP_TIMEOUT: Duration = Duration::from_secs(1);

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

/// A handler's answer to a batch.
#[derive(Debug)]
pub enum Answer {
    /// The effects of all events are durable.
    Done,
    /// A dependency failed. The batch is retried with backoff until it succeeds.
    Later(Failure),
    /// The events themselves are the cause, so no retry can succeed. The batch is halved until the
    /// event is alone, which then becomes a dead letter.
    Never(Failure),
}

/// A service's handler of events.
pub trait Handler: Send + Sync + 'static {
    /// Makes the effects of a batch durable. It is called again with the same events after a failure,
    /// and possibly after a success, so it must be idempotent. A panic counts as [`Answer::Never`].
    fn handle(&self, batch: &[IncomingEvent]) -> impl Future<Output = Answer> + Send;
}

/// The topics that a service consumes.
pub struct Subscription<'a> {
    /// The service; also the consumer group, unless `KAFKA_GROUP` is set.
    pub service: &'a str,
    /// Appended to the consumer group, if the service has more than one consumer.
    pub purpose: Option<&'a str>,
    /// The full names of the topics.
    pub topics: Vec<String>,
    /// The crash point before offsets are stored.
    pub crash_point: &'static str,
}

/// Consumes the events of a subscription and passes them to a handler.
#[must_use = "call run to start consuming"]
pub struct Consumer<H> {
    config: ClientConfig,
    topics: Vec<String>,
    /// The topic of each kind of event.
    topic_of: Topics,
    handler: H,
    dead_letters: Arc<Writer>,
    crash_point: &'static str,
}

impl<H: Handler> Consumer<H> {
    /// Creates a consumer, which connects when it runs. Fails if the settings are invalid.
    pub fn new(
        settings: &KafkaSettings,
        subscription: Subscription<'_>,
        handler: H,
    ) -> Result<Self, KafkaConfigError> {
        let config = config(settings, &subscription)?;
        config.create_native_config()?;
        Ok(Self {
            config,
            topics: subscription.topics,
            topic_of: settings.topics(),
            handler,
            dead_letters: Arc::new(Writer::new(settings, subscription.service)?),
            crash_point: subscription.crash_point,
        })
    }

    /// Consumes until `stop`, then commits the offsets of finished batches and leaves the group.
    pub async fn run(&self, stop: CancellationToken) -> Result<(), KafkaError> {
        // Created here and not earlier: a client that is not polled accumulates the errors of an
        // unreachable broker in memory.
        let consumer: StreamConsumer = self.config.create()?;
        let topics: Vec<&str> = self.topics.iter().map(String::as_str).collect();
        consumer.subscribe(&topics)?;
        self.consume(&consumer, &stop).await;
        // Closing blocks, because it leaves the group at the broker.
        let _ = tokio::task::spawn_blocking(move || drop(consumer)).await;
        Ok(())
    }

    async fn consume(&self, consumer: &StreamConsumer, stop: &CancellationToken) {
        let mut undelivered = Undelivered::new(Arc::clone(&self.dead_letters));
        let mut done = Positions::default();
        loop {
            let is_full = undelivered.is_full();
            tokio::select! {
                () = stop.cancelled() => break,
                () = undelivered.deliver() => {}
                batch = next_batch(consumer, &self.topic_of), if !is_full => {
                    let next = batch.next;
                    let Some(letters) = self.process(batch.events, batch.originals, stop).await else {
                        break;
                    };
                    undelivered.add(letters);
                    undelivered.add(batch.poison);
                    done.extend(next);
                }
            }
            done.store(consumer, &undelivered);
        }
        let rest = async {
            while !undelivered.is_empty() {
                undelivered.deliver().await;
            }
        };
        let _ = tokio::time::timeout(STOP_TIMEOUT, rest).await;
        done.store(consumer, &undelivered);
    }

    /// Handles events and returns those that no retry can handle; `None` if `stop` came first.
    async fn process(
        &self,
        events: Vec<IncomingEvent>,
        originals: Vec<Letter>,
        stop: &CancellationToken,
    ) -> Option<Vec<Letter>> {
        let refused = handling::handle(&self.handler, &events, stop).await?;
        runtime::crash::crash_point(self.crash_point);
        let mut refused = refused.into_iter().peekable();
        let letters = originals.into_iter().enumerate();
        let letters = letters.filter_map(|(index, letter)| {
            let refused = refused.next_if(|refused| refused.index == index)?;
            Some(letter.because(&error_chain(refused.cause.as_ref())))
        });
        Some(letters.collect())
    }
}

/// Waits for a message and adds all that have arrived with it. Can be cancelled: it then has received
/// nothing.
async fn next_batch(consumer: &StreamConsumer, topic_of: &Topics) -> Batch {
    let mut batch = Batch::default();
    let first = consumer.recv().await;
    let failed = first.is_err();
    add(&mut batch, first, topic_of);
    // Drains all queued errors of an unreachable broker: messages queue up behind them.
    while !batch.is_full() {
        let Some(next) = consumer.recv().now_or_never() else {
            break;
        };
        add(&mut batch, next, topic_of);
    }
    if failed && batch.is_empty() {
        tokio::time::sleep(ERROR_PAUSE).await;
    }
    batch
}

fn add(batch: &mut Batch, received: Result<BorrowedMessage<'_>, KafkaError>, topic_of: &Topics) {
    match received {
        Ok(message) => batch.add(&message, topic_of),
        Err(error) => tracing::warn!(%error, "cannot read from Kafka; retrying"),
    }
}

fn config(
    settings: &KafkaSettings,
    subscription: &Subscription<'_>,
) -> Result<ClientConfig, KafkaConfigError> {
    let mut config = settings.client(subscription.service)?;
    let mut group = settings.group(subscription.service).to_owned();
    if let Some(purpose) = subscription.purpose {
        group = format!("{group}-{purpose}");
    }
    config
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
        // What is read ahead is the larger part of a consumer's memory.
        .set("fetch.message.max.bytes", "524288")
        .set("fetch.max.bytes", "2097152")
        .set("queued.min.messages", "5000")
        .set("queued.max.messages.kbytes", "4096");
    Ok(config)
}
