//! A batch of received messages, bounded by number and by bytes.

use events::{Event, Topics};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _};
use runtime::lifecycle::error_chain;

use super::IncomingEvent;
use super::progress::Positions;
use crate::dead_letters::Letter;

/// More would make transactions long, fewer would make them expensive per message.
const MAX_MESSAGES: usize = 500;
/// Far more than 500 usual messages, and few enough that their effects fit into one transaction. The
/// last message of a batch can exceed it.
const MAX_BYTES: usize = 1 << 20;
/// The trace context of version 00 has 55 bytes; a longer one is ignored.
const MAX_TRACEPARENT_BYTES: usize = 128;

/// The events of a batch and its poison messages.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) events: Vec<IncomingEvent>,
    /// The message of each event, in case that it cannot be handled.
    pub(super) originals: Vec<Letter>,
    /// The messages that cannot be read, with the reason.
    pub(super) poison: Vec<Letter>,
    /// The position behind the batch.
    pub(super) next: Positions,
    /// An error after which the consumer may read no more.
    pub(super) broken: Option<KafkaError>,
    bytes: usize,
}

impl Batch {
    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty() && self.poison.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes >= MAX_BYTES || self.events.len() + self.poison.len() >= MAX_MESSAGES
    }

    /// Adds what was received.
    pub(super) fn add(
        &mut self,
        received: Result<BorrowedMessage<'_>, KafkaError>,
        topics: &Topics,
    ) {
        match received {
            Ok(message) => self.add_message(&message, topics),
            Err(error) => {
                tracing::warn!(%error, "cannot read from Kafka; retrying");
                if is_permanent(&error) {
                    self.broken = Some(error);
                }
            }
        }
    }

    /// Adds a message. Its event must belong to its topic.
    fn add_message(&mut self, message: &BorrowedMessage<'_>, topic_of: &Topics) {
        let letter = Letter::of(message);
        self.bytes += letter.size();
        self.next
            .set(message.topic(), message.partition(), message.offset() + 1);
        match Event::decode(message.payload().unwrap_or_default()) {
            Ok(event) if topic_of.of(&event) == message.topic() => {
                self.events.push(IncomingEvent {
                    event,
                    time: header(message, "ce_time").and_then(|time| time.parse().ok()),
                    traceparent: header(message, events::TRACEPARENT)
                        .filter(|trace| trace.len() <= MAX_TRACEPARENT_BYTES)
                        .map(str::to_owned),
                });
                self.originals.push(letter);
            }
            Ok(event) => {
                let reason = format!("{} is not an event of this topic", event.kind());
                self.poison.push(letter.because(&reason));
            }
            Err(error) => self.poison.push(letter.because(&error_chain(&error))),
        }
    }
}

/// Whether the client library may not recover by itself: a topic was deleted, or the client is in a
/// fatal state.
pub(super) fn is_permanent(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::UnknownTopic
                | RDKafkaErrorCode::UnknownTopicOrPartition
                | RDKafkaErrorCode::UnknownPartition
                | RDKafkaErrorCode::Fatal
        )
    )
}

fn header<'a>(message: &'a BorrowedMessage<'_>, name: &str) -> Option<&'a str> {
    let headers = message.headers()?;
    let value = headers.iter().find(|header| header.key == name)?.value?;
    std::str::from_utf8(value).ok()
}
