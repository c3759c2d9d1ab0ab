//! The producer. A message counts as published when the broker has acknowledged it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use events::Message;
use futures::future;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{DeliveryFuture, FutureProducer, FutureRecord, Producer as _};

use crate::settings::{KafkaConfigError, KafkaSettings};

/// The timeout of an acknowledgement. Sweepers wait longer than this before they send a message
/// again.
pub const DELIVERY_TIMEOUT: Duration = Duration::from_secs(4);

/// Sends messages to Kafka. Clones share its connection.
#[derive(Clone)]
pub struct Producer {
    settings: KafkaSettings,
    name: String,
    current: Arc<Mutex<FutureProducer>>,
}

impl Producer {
    /// Creates a producer, which connects in the background. Fails if the settings are invalid.
    pub fn new(settings: &KafkaSettings, name: &str) -> Result<Self, KafkaConfigError> {
        let current = Arc::new(Mutex::new(connect(settings, name)?));
        Ok(Self {
            settings: settings.clone(),
            name: name.to_owned(),
            current,
        })
    }

    /// Sends `messages` and waits until each is acknowledged (`true`) or has failed (`false`).
    pub async fn publish(&self, messages: &[Message]) -> Vec<bool> {
        let producer = self
            .current
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let sent: Vec<_> = messages
            .iter()
            .map(|message| enqueue(&producer, message))
            .collect();
        let reports = future::join_all(sent.into_iter().map(|sent| async {
            match sent {
                Ok(report) => match report.await {
                    Ok(Ok(_)) => Ok(()),
                    Ok(Err((error, _))) => Err(error),
                    Err(_) => Err(KafkaError::Canceled),
                },
                Err(error) => Err(error),
            }
        }))
        .await;
        self.recover(&reports).await;
        reports.into_iter().map(|report| report.is_ok()).collect()
    }

    /// Waits for the acknowledgements of messages in flight, at most for `timeout`.
    pub async fn flush(&self, timeout: Duration) {
        let producer = self
            .current
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        // A panic in librdkafka can only lose messages here, and the sweeper sends those again.
        let flushed = tokio::task::spawn_blocking(move || producer.flush(timeout)).await;
        if !matches!(flushed, Ok(Ok(()))) {
            tracing::warn!(
                "stopping before all messages were acknowledged; the sweeper will send them again"
            );
        }
    }

    /// Recovers from the cause of a failed delivery: replaces a producer in a fatal state and
    /// creates a deleted topic again.
    async fn recover(&self, reports: &[Result<(), KafkaError>]) {
        let Some(error) = reports.iter().find_map(|report| report.as_ref().err()) else {
            return;
        };
        let failed = reports.iter().filter(|report| report.is_err()).count();
        tracing::warn!(%error, failed, "cannot deliver messages; the sweeper will send them again");
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::Fatal) => match connect(&self.settings, &self.name) {
                Ok(fresh) => *self.current.lock().unwrap_or_else(PoisonError::into_inner) = fresh,
                Err(error) => tracing::error!(%error, "cannot create a new producer"),
            },
            Some(RDKafkaErrorCode::UnknownTopic | RDKafkaErrorCode::UnknownTopicOrPartition) => {
                if let Err(error) = crate::topics::create_missing(&self.settings).await {
                    tracing::warn!(%error, "cannot create a missing topic");
                }
            }
            _ => {}
        }
    }
}

fn connect(settings: &KafkaSettings, name: &str) -> Result<FutureProducer, KafkaConfigError> {
    let mut config = settings.client(name)?;
    let producer = config
        .set("enable.idempotence", "true")
        .set("linger.ms", "1")
        .set("compression.type", "lz4")
        .set("partitioner", "murmur2_random")
        .set("message.max.bytes", "2000000")
        .set(
            "delivery.timeout.ms",
            DELIVERY_TIMEOUT.as_millis().to_string(),
        )
        .create()?;
    Ok(producer)
}

fn enqueue(producer: &FutureProducer, message: &Message) -> Result<DeliveryFuture, KafkaError> {
    let mut headers = OwnedHeaders::new_with_capacity(8);
    for (key, value) in message.headers() {
        headers = headers.insert(Header {
            key,
            value: Some(value),
        });
    }
    let record = FutureRecord::to(&message.topic)
        .key(&message.key)
        .payload(&message.payload)
        .headers(headers);
    producer.send_result(record).map_err(|(error, _)| error)
}
