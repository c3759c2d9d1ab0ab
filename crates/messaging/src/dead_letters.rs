//! The dead-letter queue: messages that could not be read, with the reason.
//!
//! A dead letter is the original message plus headers with its topic, partition, offset and the
//! reason. The committed offset of a consumer group marks which dead letters were replayed.

use std::time::Duration;

use futures::future;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, Headers as _, Message as _, OwnedHeaders, OwnedMessage};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::topic_partition_list::Offset;
use rdkafka::util::Timeout;

use crate::producer::DELIVERY_TIMEOUT;
use crate::settings::{KafkaConfigError, KafkaLogin, KafkaSettings, client};

const REASON: &str = "dlq-reason";
const TOPIC: &str = "dlq-topic";
const PARTITION: &str = "dlq-partition";
const OFFSET: &str = "dlq-offset";
const READER: &str = "dlq-reader";
const TIMEOUT: Duration = Duration::from_secs(5);

/// Writes the messages that a consumer cannot read to the dead-letter topic.
pub(crate) struct DeadLetterProducer {
    topic: String,
    reader: String,
    producer: FutureProducer,
}

impl DeadLetterProducer {
    /// A producer for the poison messages of the service `reader`.
    pub(crate) fn new(settings: &KafkaSettings, reader: &str) -> Result<Self, KafkaConfigError> {
        let topic = settings.topics().dead_letters;
        Ok(Self {
            topic,
            reader: reader.to_owned(),
            producer: producer(settings.client(reader)?)?,
        })
    }

    /// Writes `messages` with their reasons. Acknowledged messages are removed from the list; the
    /// error is of those that remain.
    pub(crate) async fn dead_letter(
        &self,
        messages: &mut Vec<(OwnedMessage, String)>,
    ) -> Result<(), KafkaError> {
        // Sent together, so that many take little longer than one.
        let sent = future::join_all(messages.iter().map(|letter| self.send(letter))).await;
        let before = messages.len();
        let mut results = sent.iter();
        messages.retain(|_| results.next().is_some_and(Result::is_err));
        metrics::counter!("dead_letters_total").increment((before - messages.len()) as u64);
        sent.into_iter().collect()
    }

    async fn send(&self, (message, reason): &(OwnedMessage, String)) -> Result<(), KafkaError> {
        let partition = message.partition().to_string();
        let offset = message.offset().to_string();
        let mut headers = message.headers().cloned().unwrap_or_default();
        for (key, value) in [
            (REASON, reason.as_str()),
            (TOPIC, message.topic()),
            (PARTITION, &partition),
            (OFFSET, &offset),
            (READER, &self.reader),
        ] {
            headers = headers.insert(Header {
                key,
                value: Some(value),
            });
        }
        send(&self.producer, &self.topic, message, headers).await?;
        tracing::warn!(
            topic = message.topic(),
            partition = message.partition(),
            offset = message.offset(),
            reason,
            "moved a message to the dead-letter topic"
        );
        Ok(())
    }
}

/// A dead letter.
pub struct DeadLetter {
    message: OwnedMessage,
}

impl DeadLetter {
    /// Its offset in the dead-letter topic.
    pub fn number(&self) -> i64 {
        self.message.offset()
    }

    /// Why it could not be read.
    pub fn reason(&self) -> &str {
        self.header(REASON)
    }

    /// The topic it was consumed from.
    pub fn topic(&self) -> &str {
        self.header(TOPIC)
    }

    /// Its partition and offset in that topic, such as `3/1042`.
    pub fn position(&self) -> String {
        format!("{}/{}", self.header(PARTITION), self.header(OFFSET))
    }

    /// Its payload as text; invalid UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.message.payload().unwrap_or_default()).into_owned()
    }

    fn header(&self, name: &str) -> &str {
        self.message
            .headers()
            .and_then(|headers| headers.iter().filter(|header| header.key == name).last())
            .and_then(|header| header.value)
            .and_then(|value| std::str::from_utf8(value).ok())
            .unwrap_or("?")
    }

    /// Its headers without those of the dead-letter queue.
    fn original_headers(&self) -> OwnedHeaders {
        let mut original = OwnedHeaders::new();
        for header in self
            .message
            .headers()
            .into_iter()
            .flat_map(|headers| headers.iter())
        {
            if ![REASON, TOPIC, PARTITION, OFFSET, READER].contains(&header.key) {
                original = original.insert(Header {
                    key: header.key,
                    value: header.value,
                });
            }
        }
        original
    }
}

/// The dead-letter queue of a shop, as operators use it.
pub struct DeadLetterQueue {
    topics: events::Topics,
    consumer: BaseConsumer,
    producer: FutureProducer,
}

impl DeadLetterQueue {
    /// Opens the queue of the shop with this topic prefix.
    pub fn open(brokers: &str, login: &KafkaLogin, prefix: &str) -> Result<Self, KafkaConfigError> {
        let mut config = client(brokers, login, "dead-letters")?;
        config
            .set("group.id", format!("{prefix}.dead-letters"))
            .set("enable.auto.commit", "false");
        Ok(Self {
            topics: events::Topics::with_prefix(prefix),
            consumer: config.create()?,
            producer: producer(client(brokers, login, "dead-letters")?)?,
        })
    }

    /// The dead letters that were not replayed, oldest first.
    pub fn list(&self) -> Result<Vec<DeadLetter>, KafkaError> {
        let (oldest, end) =
            self.consumer
                .fetch_watermarks(&self.topics.dead_letters, 0, TIMEOUT)?;
        let start = self.replayed_up_to()?.unwrap_or(oldest).max(oldest);
        let mut partitions = TopicPartitionList::new();
        partitions.add_partition_offset(&self.topics.dead_letters, 0, Offset::Offset(start))?;
        self.consumer.assign(&partitions)?;
        let mut letters = Vec::new();
        let mut next = start;
        while next < end {
            let Some(message) = self.consumer.poll(TIMEOUT) else {
                return Err(KafkaError::ConsumerQueueClose(
                    rdkafka::types::RDKafkaErrorCode::OperationTimedOut,
                ));
            };
            let message = message?.detach();
            next = message.offset() + 1;
            letters.push(DeadLetter { message });
        }
        Ok(letters)
    }

    /// Sends a dead letter to its original topic and marks it as replayed. Returns `false` and skips
    /// it if that topic is not one of the shop's.
    pub async fn replay(&self, letter: &DeadLetter) -> Result<bool, KafkaError> {
        let is_replayable = self.topics.all().contains(&letter.topic());
        if is_replayable {
            send(
                &self.producer,
                letter.topic(),
                &letter.message,
                letter.original_headers(),
            )
            .await?;
        }
        let mut done = TopicPartitionList::new();
        done.add_partition_offset(
            &self.topics.dead_letters,
            0,
            Offset::Offset(letter.number() + 1),
        )?;
        self.consumer.commit(&done, CommitMode::Sync)?;
        Ok(is_replayable)
    }

    fn replayed_up_to(&self) -> Result<Option<i64>, KafkaError> {
        let mut partitions = TopicPartitionList::new();
        partitions.add_partition(&self.topics.dead_letters, 0);
        let committed = self.consumer.committed_offsets(partitions, TIMEOUT)?;
        let offset = committed
            .find_partition(&self.topics.dead_letters, 0)
            .map(|partition| partition.offset());
        Ok(match offset {
            Some(Offset::Offset(offset)) => Some(offset),
            _ => None,
        })
    }
}

fn producer(mut config: rdkafka::ClientConfig) -> Result<FutureProducer, KafkaError> {
    config
        .set("enable.idempotence", "true")
        .set("linger.ms", "1")
        .set("partitioner", "murmur2_random")
        .set("message.max.bytes", "2000000")
        .set(
            "delivery.timeout.ms",
            DELIVERY_TIMEOUT.as_millis().to_string(),
        )
        .create()
}

async fn send(
    producer: &FutureProducer,
    topic: &str,
    message: &OwnedMessage,
    headers: OwnedHeaders,
) -> Result<(), KafkaError> {
    let mut record: FutureRecord<'_, [u8], [u8]> = FutureRecord::to(topic).headers(headers);
    if let Some(key) = message.key() {
        record = record.key(key);
    }
    if let Some(payload) = message.payload() {
        record = record.payload(payload);
    }
    producer
        .send(record, Timeout::Never)
        .await
        .map(|_| ())
        .map_err(|(error, _)| error)
}
