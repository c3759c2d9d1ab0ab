//! What could not be read, kept with the reason, listed and replayed.
//!
//! A dead letter is the message as it came, with headers that say where it came from and why
//! it died. Which of them were replayed is the committed offset of a consumer group.

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
const PATIENCE: Duration = Duration::from_secs(5);

/// Where a reader puts what it cannot read.
pub(crate) struct DeadLetters {
    topic: String,
    reader: String,
    producer: FutureProducer,
}

impl DeadLetters {
    /// The dead letters of `reader`.
    pub(crate) fn new(settings: &KafkaSettings, reader: &str) -> Result<Self, KafkaConfigError> {
        let topic = settings.topics().dead_letters;
        Ok(Self {
            topic,
            reader: reader.to_owned(),
            producer: producer(settings.client(reader)?)?,
        })
    }

    /// Keeps `messages` with the reason of each. Those that the broker has acknowledged are taken
    /// out; if others are left, the error says why.
    pub(crate) async fn bury(
        &self,
        messages: &mut Vec<(OwnedMessage, String)>,
    ) -> Result<(), KafkaError> {
        // All are sent before one is waited for, so that many take hardly longer than one.
        let sent = future::join_all(messages.iter().map(|letter| self.send(letter))).await;
        let all = messages.len();
        let mut outcomes = sent.iter();
        messages.retain(|_| outcomes.next().is_some_and(Result::is_err));
        metrics::counter!("dead_letters_total").increment((all - messages.len()) as u64);
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
            "a message went to the dead letters"
        );
        Ok(())
    }
}

/// A dead letter.
pub struct DeadLetter {
    message: OwnedMessage,
}

impl DeadLetter {
    /// Its place among the dead letters.
    pub fn number(&self) -> i64 {
        self.message.offset()
    }

    /// Why it died.
    pub fn reason(&self) -> &str {
        self.header(REASON)
    }

    /// The topic it came on.
    pub fn topic(&self) -> &str {
        self.header(TOPIC)
    }

    /// Where on that topic: partition and offset.
    pub fn place(&self) -> String {
        format!("{}/{}", self.header(PARTITION), self.header(OFFSET))
    }

    /// What it says, as far as it is text.
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

    /// Its headers as they were before it died.
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

/// The operator's view of a shop's dead letters.
pub struct DeadLetterQueue {
    topics: events::Topics,
    consumer: BaseConsumer,
    producer: FutureProducer,
}

impl DeadLetterQueue {
    /// The dead letters of the shop with this topic prefix.
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

    /// The dead letters that were not replayed yet, oldest first.
    pub fn list(&self) -> Result<Vec<DeadLetter>, KafkaError> {
        let (oldest, end) =
            self.consumer
                .fetch_watermarks(&self.topics.dead_letters, 0, PATIENCE)?;
        let start = self.replayed_up_to()?.unwrap_or(oldest).max(oldest);
        let mut wanted = TopicPartitionList::new();
        wanted.add_partition_offset(&self.topics.dead_letters, 0, Offset::Offset(start))?;
        self.consumer.assign(&wanted)?;
        let mut letters = Vec::new();
        let mut next = start;
        while next < end {
            let Some(message) = self.consumer.poll(PATIENCE) else {
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

    /// Returns a dead letter to its topic and marks it as replayed. `false` for one that came on
    /// none of the shop's topics, as somebody may have put there by hand: it is passed over.
    pub async fn replay(&self, letter: &DeadLetter) -> Result<bool, KafkaError> {
        let returns = self.topics.all().contains(&letter.topic());
        if returns {
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
        Ok(returns)
    }

    fn replayed_up_to(&self) -> Result<Option<i64>, KafkaError> {
        let mut wanted = TopicPartitionList::new();
        wanted.add_partition(&self.topics.dead_letters, 0);
        let committed = self.consumer.committed_offsets(wanted, PATIENCE)?;
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
