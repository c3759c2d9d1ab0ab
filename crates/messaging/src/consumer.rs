//! The batching consumer. It stores offsets only after the handler's work is durable, so a batch that
//! a crash interrupts is delivered again, and handlers must be idempotent.
//!
//! A message that cannot be processed becomes a dead letter and delays no other: the events of a
//! batch are handled first, then its dead letters are written while the next batches are handled.
//! The offsets of a partition are stored up to its first dead letter that is not written yet.
//!
//! A consumer that no longer reads, because a topic was deleted for instance, is replaced.

mod batch;
mod handling;
mod progress;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use events::{Event, Topics};
use futures::FutureExt as _;
use rdkafka::ClientConfig;
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::error::KafkaError;
use runtime::lifecycle::{Failure, error_chain};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::dead_letters::{Letter, Undelivered, Writer};
use crate::settings::{KafkaConfigError, KafkaSettings};
use crate::topics;
use batch::Batch;
use progress::Positions;
use watch::Watch;

/// The pause before a consumer that no longer reads is replaced.
const MIN_REPLACE_DELAY: Duration = Duration::from_millis(200);
const MAX_REPLACE_DELAY: Duration = Duration::from_secs(10);
/// After this time without a replacement the delay is the shortest again.
const STEADY_TIME: Duration = Duration::from_mins(1);
/// The pause after a failed read without any message.
const ERROR_PAUSE: Duration = Duration::from_millis(50);
/// The minimum time between the beginnings of two batches. Without it, a hundred messages a second would
/// be a hundred transactions, which cost almost as much as transactions of hundreds of messages.
const MIN_BATCH_INTERVAL: Duration = Duration::from_millis(20);
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
    settings: KafkaSettings,
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
            settings: settings.clone(),
            config,
            topics: subscription.topics,
            topic_of: settings.topics(),
            handler,
            dead_letters: Arc::new(Writer::new(settings, subscription.service)?),
            crash_point: subscription.crash_point,
        })
    }

    /// Creates the missing topics and consumes until `stop`, then commits the offsets of finished
    /// batches and leaves the group. A consumer that no longer reads is replaced.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) -> Result<(), KafkaError> {
        let mut undelivered = Undelivered::new(Arc::clone(&self.dead_letters));
        let mut delay = MIN_REPLACE_DELAY;
        loop {
            let created = topics::create_missing(&self.settings).await;
            // Created here and not earlier: a client that is not polled accumulates the errors of an
            // unreachable broker in memory.
            let consumer: Arc<StreamConsumer> = Arc::new(self.config.create()?);
            match created {
                Ok(_) => topics::wait_until_served(&consumer, &self.topics).await,
                Err(error) => tracing::warn!(%error, "cannot create the missing topics"),
            }
            let topics: Vec<&str> = self.topics.iter().map(String::as_str).collect();
            consumer.subscribe(&topics)?;
            let started = Instant::now();
            let end = self.consume(&consumer, &mut undelivered, &stop).await;
            // Closing blocks, because it leaves the group at the broker.
            let _ = tokio::task::spawn_blocking(move || drop(consumer)).await;
            let End::Broken(cause) = end else {
                return Ok(());
            };
            tracing::warn!(cause, "the consumer no longer reads; replacing it");
            metrics::counter!("consumers_replaced_total").increment(1);
            if started.elapsed() > STEADY_TIME {
                delay = MIN_REPLACE_DELAY;
            }
            let _ = stop.run_until_cancelled(tokio::time::sleep(delay)).await;
            delay = (delay * 2).min(MAX_REPLACE_DELAY);
        }
    }

    async fn consume(
        &self,
        consumer: &Arc<StreamConsumer>,
        undelivered: &mut Undelivered,
        stop: &CancellationToken,
    ) -> End {
        let mut done = Positions::default();
        let mut watch = Watch::new(Arc::clone(consumer));
        let mut next_start = Instant::now();
        loop {
            let is_full = undelivered.is_full();
            tokio::select! {
                () = stop.cancelled() => break,
                () = undelivered.deliver() => {}
                cause = watch.stuck_partition(), if !is_full => {
                    return End::Broken(cause);
                }
                batch = next_batch(consumer, &self.topic_of, &mut next_start), if !is_full => {
                    if batch.is_full() {
                        watch.expect_backlog();
                    }
                    let (next, broken) = (batch.next, batch.broken);
                    let Some(letters) = self.process(batch.events, batch.originals, stop).await else {
                        break;
                    };
                    undelivered.add(letters);
                    undelivered.add(batch.poison);
                    done.extend(next);
                    if let Some(error) = broken {
                        done.store(consumer, undelivered);
                        return End::Broken(error.to_string());
                    }
                }
            }
            done.store(consumer, undelivered);
        }
        let rest = async {
            while !undelivered.is_empty() {
                undelivered.deliver().await;
            }
        };
        let _ = tokio::time::timeout(STOP_TIMEOUT, rest).await;
        done.store(consumer, undelivered);
        End::Stopped
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

/// Why a consumer ended.
enum End {
    Stopped,
    /// It may read no more, for this reason.
    Broken(String),
}

/// Waits for `next_start` and a message, and adds all that have arrived with it. Can be cancelled: it
/// then has received nothing.
async fn next_batch(
    consumer: &StreamConsumer,
    topic_of: &Topics,
    next_start: &mut Instant,
) -> Batch {
    let mut batch = Batch::default();
    tokio::time::sleep_until(*next_start).await;
    batch.add(consumer.recv().await, topic_of);
    *next_start = Instant::now() + MIN_BATCH_INTERVAL;
    let failed = batch.is_empty();
    // Drains all queued errors of an unreachable broker: messages queue up behind them.
    while !batch.is_full() {
        let Some(next) = consumer.recv().now_or_never() else {
            break;
        };
        batch.add(next, topic_of);
    }
    if failed && batch.is_empty() && batch.broken.is_none() {
        tokio::time::sleep(ERROR_PAUSE).await;
    }
    batch
}

fn config(
    settings: &KafkaSettings,
    subscription: &Subscription<'_>,
) -> Result<ClientConfig, KafkaConfigError> {
    let mut config = settings.client(subscription.service)?;
    let mut group = settings.group(subscription.service).to_owned();
    if let Some(purpose) = subscription.purpose {
        group = group_for(&group, purpose);
    }
    config
        .set("group.id", group)
        .set("enable.auto.commit", "true")
        .set("auto.commit.interval.ms", "500")
        .set("enable.auto.offset.store", "false")
        // Of a log that was truncated or created again, everything is read.
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
/// The group of a consumer with a purpose of its own, from the group of its service.
pub(crate) fn group_for(service_group: &str, purpose: &str) -> String {
    format!("{service_group}-{purpose}")
}
