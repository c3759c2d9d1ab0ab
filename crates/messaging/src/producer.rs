//! The producer. A message counts as published when the broker has acknowledged it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use events::Message;
use futures::future;
use rdkafka::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{DeliveryFuture, FutureProducer, FutureRecord, Producer as _};

use crate::settings::{KafkaConfigError, KafkaSettings};

/// The timeout of an acknowledgement. Sweepers wait longer than this before they send a message
/// again.
pub const DELIVERY_TIMEOUT: Duration = Duration::from_secs(4);
/// How long a topic that the broker does not know yet is waited for. Shorter than
/// [`DELIVERY_TIMEOUT`], so that a missing topic is reported as such.
const UNKNOWN_TOPIC_TIMEOUT: Duration = Duration::from_secs(2);

/// Sends messages to Kafka. Clones share its connection.
#[derive(Clone)]
pub struct Producer {
    connection: Connection,
}

impl Producer {
    /// Creates a producer, which connects in the background. Fails if the settings are invalid.
    pub fn new(settings: &KafkaSettings, name: &str) -> Result<Self, KafkaConfigError> {
        let connection = Connection::new(settings, name)?;
        Ok(Self { connection })
    }

    /// Sends `messages` and waits until each is acknowledged (`true`) or has failed (`false`).
    pub async fn publish(&self, messages: &[Message]) -> Vec<bool> {
        let reports = self.connection.send(messages.iter().map(record)).await;
        if let Some(error) = first_error(&reports) {
            let failed = reports.iter().filter(|report| report.is_err()).count();
            tracing::warn!(%error, failed, "cannot deliver messages; the sweeper will send them again");
        }
        reports.into_iter().map(|report| report.is_ok()).collect()
    }

    /// Waits for the acknowledgements of messages in flight, at most for `timeout`.
    pub async fn flush(&self, timeout: Duration) {
        let producer = self.connection.current();
        // A panic in librdkafka can only lose messages here, and the sweeper sends those again.
        let flushed = tokio::task::spawn_blocking(move || producer.flush(timeout)).await;
        if !matches!(flushed, Ok(Ok(()))) {
            tracing::warn!(
                "stopping before all messages were acknowledged; the sweeper will send them again"
            );
        }
    }
}

/// A producer's connection, which recovers from the cause of a failed delivery: it replaces a
/// producer in a fatal state and creates a deleted topic again. Clones share it.
#[derive(Clone)]
pub(crate) struct Connection {
    settings: KafkaSettings,
    name: String,
    current: Arc<Mutex<FutureProducer>>,
    /// Held during a recovery: many deliveries fail together, and one recovery is enough for all.
    recovery: Arc<tokio::sync::Mutex<()>>,
}

impl Connection {
    pub(crate) fn new(settings: &KafkaSettings, name: &str) -> Result<Self, KafkaConfigError> {
        let current = Arc::new(Mutex::new(connect(settings, name)?));
        Ok(Self {
            settings: settings.clone(),
            name: name.to_owned(),
            current,
            recovery: Arc::default(),
        })
    }

    /// Sends `records` and waits until each is acknowledged or has failed.
    pub(crate) async fn send<'a>(
        &self,
        records: impl Iterator<Item = FutureRecord<'a, [u8], [u8]>>,
    ) -> Vec<Result<(), KafkaError>> {
        let producer = self.current();
        let sent: Vec<_> = records.map(|record| enqueue(&producer, record)).collect();
        let reports = future::join_all(sent.into_iter().map(acknowledgement)).await;
        if let Some(error) = first_error(&reports) {
            self.recover(error).await;
        }
        reports
    }

    fn current(&self) -> FutureProducer {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.clone()
    }

    async fn recover(&self, error: &KafkaError) {
        let Ok(_one) = self.recovery.try_lock() else {
            return;
        };
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::Fatal) => self.replace(),
            Some(
                RDKafkaErrorCode::UnknownTopic
                | RDKafkaErrorCode::UnknownTopicOrPartition
                | RDKafkaErrorCode::UnknownPartition,
            ) => {
                if let Err(error) = crate::topics::create_missing(&self.settings).await {
                    tracing::warn!(%error, "cannot create a missing topic");
                }
            }
            _ => {}
        }
    }

    fn replace(&self) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        // Otherwise an earlier failure has replaced it already.
        if current.client().fatal_error().is_none() {
            return;
        }
        match connect(&self.settings, &self.name) {
            Ok(fresh) => *current = fresh,
            Err(error) => tracing::error!(%error, "cannot create a new producer"),
        }
    }
}

fn first_error(reports: &[Result<(), KafkaError>]) -> Option<&KafkaError> {
    reports.iter().find_map(|report| report.as_ref().err())
}

fn connect(settings: &KafkaSettings, name: &str) -> Result<FutureProducer, KafkaConfigError> {
    Ok(configured(settings.client(name)?)?)
}

/// A producer of the shop: idempotent, with the partitioner of the Java client.
pub(crate) fn configured(mut config: ClientConfig) -> Result<FutureProducer, KafkaError> {
    let timeout = |duration: Duration| duration.as_millis().to_string();
    config
        .set("enable.idempotence", "true")
        .set("linger.ms", "1")
        .set("compression.type", "lz4")
        .set("partitioner", "murmur2_random")
        .set("message.max.bytes", "2000000")
        .set("delivery.timeout.ms", timeout(DELIVERY_TIMEOUT))
        .set(
            "topic.metadata.propagation.max.ms",
            timeout(UNKNOWN_TOPIC_TIMEOUT),
        )
        .create()
}

fn record(message: &Message) -> FutureRecord<'_, [u8], [u8]> {
    let mut headers = OwnedHeaders::new_with_capacity(8);
    for (key, value) in message.headers() {
        headers = headers.insert(Header {
            key,
            value: Some(value),
        });
    }
    FutureRecord::to(&message.topic)
        .key(message.key.as_bytes())
        .payload(message.payload.as_bytes())
        .headers(headers)
}

fn enqueue(
    producer: &FutureProducer,
    record: FutureRecord<'_, [u8], [u8]>,
) -> Result<DeliveryFuture, KafkaError> {
    producer.send_result(record).map_err(|(error, _)| error)
}

async fn acknowledgement(sent: Result<DeliveryFuture, KafkaError>) -> Result<(), KafkaError> {
    match sent?.await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err((error, _))) => Err(error),
        Err(_) => Err(KafkaError::Canceled),
    }
}
