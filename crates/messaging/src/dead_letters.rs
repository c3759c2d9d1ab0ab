//! The dead-letter queue: messages that could not be processed, with the reason.
//!
//! A dead letter is the original message plus headers with its topic, partition, offset and the
//! reason. Of a message that is too large for the dead-letter topic it has the head, and the length
//! of the payload in a header. The committed offset of a consumer group marks which dead letters
//! were replayed.

mod letter;
mod queue;
mod undelivered;
mod writer;

pub use queue::{DeadLetter, DeadLetterQueue, Range};

pub(crate) use letter::Letter;
pub(crate) use undelivered::Undelivered;
pub(crate) use writer::Writer;

const REASON: &str = "dlq-reason";
const TOPIC: &str = "dlq-topic";
const PARTITION: &str = "dlq-partition";
const OFFSET: &str = "dlq-offset";
const READER: &str = "dlq-reader";
/// The length of the payload in bytes, if the dead letter has only its head.
const LENGTH: &str = "dlq-length";
const HEADERS: [&str; 6] = [REASON, TOPIC, PARTITION, OFFSET, READER, LENGTH];
