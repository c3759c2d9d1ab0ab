//! The dead-letter queue as operators use it: list, replay and purge.

use std::time::Duration;

use jiff::Timestamp;
use rdkafka::TopicPartitionList;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, Headers as _, Message as _, OwnedHeaders, OwnedMessage};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::topic_partition_list::{Offset, TopicPartitionListElem};
use rdkafka::util::Timeout;

use super::{HEADERS, LENGTH, OFFSET, PARTITION, REASON, TOPIC};
use crate::producer;
use crate::settings::{KafkaConfigError, KafkaLogin, client};

const TIMEOUT: Duration = Duration::from_secs(5);
/// The value of a header that a dead letter does not have.
const UNKNOWN: &str = "?";

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

    /// Whether it is only the head of a message that was too large. The message itself is at its
    /// position in its topic, until it expires there.
    pub fn is_head(&self) -> bool {
        self.header(LENGTH) != UNKNOWN
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
            .unwrap_or(UNKNOWN)
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
            if !HEADERS.contains(&header.key) {
                original = original.insert(Header {
                    key: header.key,
                    value: header.value,
                });
            }
        }
        original
    }
}

/// The oldest dead letters, which can be deleted together.
pub struct Range {
    /// The number of the oldest dead letter.
    first: i64,
    /// The number behind the last of them.
    end: i64,
    /// The number of the first that was not replayed.
    not_replayed: i64,
}

impl Range {
    /// How many they are.
    pub fn count(&self) -> i64 {
        (self.end - self.first).max(0)
    }

    /// The number of the oldest.
    pub fn first(&self) -> i64 {
        self.first
    }

    /// The number of the newest.
    pub fn last(&self) -> i64 {
        self.end - 1
    }

    /// How many were not replayed.
    pub fn not_replayed(&self) -> i64 {
        (self.end - self.not_replayed.max(self.first)).max(0)
    }
}

/// The dead-letter queue of a shop, as operators use it.
pub struct DeadLetterQueue {
    topics: events::Topics,
    consumer: BaseConsumer,
    producer: FutureProducer,
    admin: AdminClient<DefaultClientContext>,
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
            producer: producer::configured(client(brokers, login, "dead-letters")?)?,
            admin: client(brokers, login, "dead-letters")?.create()?,
        })
    }

    /// The dead letters that were not replayed, oldest first.
    pub fn list(&self) -> Result<Vec<DeadLetter>, KafkaError> {
        let (oldest, end) = self.watermarks()?;
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
    /// it if that topic is not one of the shop's, or if it is only the head of a message.
    pub async fn replay(&self, letter: &DeadLetter) -> Result<bool, KafkaError> {
        let is_replayable = self.topics.all().contains(&letter.topic()) && !letter.is_head();
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

    /// The dead letters up to `number`, inclusive.
    pub fn up_to(&self, number: i64) -> Result<Range, KafkaError> {
        let (first, end) = self.watermarks()?;
        self.range(first, number.saturating_add(1).min(end))
    }

    /// The dead letters that were written longer than `age` before `now`.
    pub fn older_than(&self, now: Timestamp, age: Duration) -> Result<Range, KafkaError> {
        let (first, end) = self.watermarks()?;
        let oldest_kept = now.checked_sub(age).unwrap_or(Timestamp::UNIX_EPOCH);
        let mut times = TopicPartitionList::new();
        let time = Offset::Offset(oldest_kept.as_millisecond());
        times.add_partition_offset(&self.topics.dead_letters, 0, time)?;
        let found = self.consumer.offsets_for_times(times, TIMEOUT)?;
        // Without a younger one all are older.
        self.range(first, self.offset_in(&found).unwrap_or(end))
    }

    /// Deletes dead letters. They cannot be restored.
    pub async fn purge(&self, range: &Range) -> Result<(), KafkaError> {
        let mut before = TopicPartitionList::new();
        before.add_partition_offset(&self.topics.dead_letters, 0, Offset::Offset(range.end))?;
        let options = AdminOptions::new().request_timeout(Some(TIMEOUT));
        let deleted = self.admin.delete_records(&before, &options).await?;
        deleted
            .elements()
            .iter()
            .try_for_each(TopicPartitionListElem::error)
    }

    fn range(&self, first: i64, end: i64) -> Result<Range, KafkaError> {
        Ok(Range {
            first,
            end,
            not_replayed: self.replayed_up_to()?.unwrap_or(first),
        })
    }

    /// The number of the oldest dead letter, and the one behind the newest.
    fn watermarks(&self) -> Result<(i64, i64), KafkaError> {
        self.consumer
            .fetch_watermarks(&self.topics.dead_letters, 0, TIMEOUT)
    }

    fn offset_in(&self, list: &TopicPartitionList) -> Option<i64> {
        let partition = list.find_partition(&self.topics.dead_letters, 0)?;
        match partition.offset() {
            Offset::Offset(offset) => Some(offset),
            _ => None,
        }
    }

    fn replayed_up_to(&self) -> Result<Option<i64>, KafkaError> {
        let mut partitions = TopicPartitionList::new();
        partitions.add_partition(&self.topics.dead_letters, 0);
        let committed = self.consumer.committed_offsets(partitions, TIMEOUT)?;
        Ok(self.offset_in(&committed))
    }
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
