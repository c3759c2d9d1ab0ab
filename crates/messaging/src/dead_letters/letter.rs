//! A message on its way to the dead-letter topic.

use rdkafka::message::{BorrowedMessage, Header, Headers, Message, OwnedHeaders, OwnedMessage};
use rdkafka::producer::FutureRecord;

use super::{LENGTH, OFFSET, PARTITION, READER, REASON, TOPIC};

/// The size up to which a message is kept whole. With the additional headers it fits into the
/// dead-letter topic, even if it cannot be compressed.
const MAX_BYTES: usize = 1 << 20;
/// What is kept of the payload of a larger message.
const HEAD_BYTES: usize = 16 << 10;
/// What is kept of its key, and of all its headers together.
const MAX_KEY_BYTES: usize = 1 << 10;
const MAX_HEADERS_BYTES: usize = 4 << 10;
/// A reason can quote the payload.
const MAX_REASON_CHARS: usize = 1000;

/// A copy of a received message: whole, or its head if it is large.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    message: OwnedMessage,
    /// The length of the payload, if only its head is kept.
    length: Option<usize>,
    reason: String,
}

/// The bytes of a message: payload, key and headers.
fn size(message: &impl Message) -> usize {
    let headers = message.headers().into_iter().flat_map(each_header);
    message.payload().map_or(0, <[u8]>::len)
        + message.key().map_or(0, <[u8]>::len)
        + headers.map(|header| header_size(&header)).sum::<usize>()
}

fn header_size(header: &Header<'_, &[u8]>) -> usize {
    header.key.len() + header.value.map_or(0, <[u8]>::len)
}

fn each_header(headers: &impl Headers) -> impl Iterator<Item = Header<'_, &[u8]>> {
    headers.iter()
}

impl Letter {
    /// Copies `message`, or its head.
    pub(crate) fn of(message: &BorrowedMessage<'_>) -> Self {
        if size(message) <= MAX_BYTES {
            Self {
                message: message.detach(),
                length: None,
                reason: String::new(),
            }
        } else {
            head(message)
        }
    }

    /// The same letter with the reason why it is dead.
    pub(crate) fn because(mut self, reason: &str) -> Self {
        self.reason = reason.chars().take(MAX_REASON_CHARS).collect();
        self
    }

    /// Keeps only the head, because the broker refused the size; `false` if nothing was left to cut.
    pub(crate) fn cut(&mut self) -> bool {
        let is_whole = self.length.is_none();
        if is_whole {
            let reason = std::mem::take(&mut self.reason);
            *self = head(&self.message).because(&reason);
        }
        is_whole
    }

    /// Its bytes: payload, key and headers.
    pub(crate) fn size(&self) -> usize {
        size(&self.message)
    }

    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }

    pub(crate) fn topic(&self) -> &str {
        self.message.topic()
    }

    pub(crate) fn partition(&self) -> i32 {
        self.message.partition()
    }

    pub(crate) fn offset(&self) -> i64 {
        self.message.offset()
    }

    /// The dead letter for `topic`, which the service `reader` could not process.
    pub(crate) fn record<'a>(
        &'a self,
        topic: &'a str,
        reader: &str,
    ) -> FutureRecord<'a, [u8], [u8]> {
        let partition = self.partition().to_string();
        let offset = self.offset().to_string();
        let length = self.length.map(|length| length.to_string());
        let mut headers = self.message.headers().cloned().unwrap_or_default();
        for (key, value) in [
            (REASON, Some(self.reason.as_str())),
            (TOPIC, Some(self.topic())),
            (PARTITION, Some(&partition)),
            (OFFSET, Some(&offset)),
            (READER, Some(reader)),
            (LENGTH, length.as_deref()),
        ] {
            if value.is_some() {
                headers = headers.insert(Header { key, value });
            }
        }
        let mut record = FutureRecord::to(topic).headers(headers);
        record.key = self.message.key();
        record.payload = self.message.payload();
        record
    }
}

fn head(message: &impl Message) -> Letter {
    let cut = |bytes: &[u8], max: usize| bytes[..bytes.len().min(max)].to_vec();
    let payload = message.payload().unwrap_or_default();
    let mut headers = OwnedHeaders::new();
    let mut left = MAX_HEADERS_BYTES;
    for header in message.headers().into_iter().flat_map(each_header) {
        let size = header_size(&header);
        if size <= left {
            left -= size;
            headers = headers.insert(Header {
                key: header.key,
                value: header.value,
            });
        }
    }
    let message = OwnedMessage::new(
        Some(cut(payload, HEAD_BYTES)),
        message.key().map(|key| cut(key, MAX_KEY_BYTES)),
        message.topic().to_owned(),
        message.timestamp(),
        message.partition(),
        message.offset(),
        Some(headers),
    );
    Letter {
        message,
        length: Some(payload.len()),
        reason: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::Timestamp;

    use super::*;

    fn letter(payload: usize, header: usize) -> Letter {
        let headers = OwnedHeaders::new()
            .insert(Header {
                key: "first",
                value: Some("1"),
            })
            .insert(Header {
                key: "long",
                value: Some(&vec![b'h'; header]),
            });
        let message = OwnedMessage::new(
            Some(vec![b'x'; payload]),
            Some(b"key".to_vec()),
            "shop.orders".to_owned(),
            Timestamp::NotAvailable,
            3,
            42,
            Some(headers),
        );
        Letter {
            message,
            length: None,
            reason: String::new(),
        }
        .because(&"é".repeat(5000))
    }

    #[test]
    fn given_a_letter_that_is_too_large_when_cut_then_it_has_its_head_and_says_how_long_it_was() {
        let mut letter = letter(3_000_000, 2_000_000);
        assert!(letter.cut());
        let record = letter.record("shop.dead-letters", "products");
        assert_eq!(record.payload.map(<[u8]>::len), Some(HEAD_BYTES));
        assert_eq!(record.key, Some(&b"key"[..]));
        let headers = record.headers.expect("headers");
        let header = |name: &str| {
            let found = headers.iter().find(|header| header.key == name);
            found.map(|header| {
                String::from_utf8_lossy(header.value.unwrap_or_default()).into_owned()
            })
        };
        assert_eq!(header("first").as_deref(), Some("1"));
        assert_eq!(header("long"), None, "it is longer than all headers may be");
        assert_eq!(header(LENGTH).as_deref(), Some("3000000"));
        assert_eq!(header(TOPIC).as_deref(), Some("shop.orders"));
        assert_eq!(header(PARTITION).as_deref(), Some("3"));
        assert_eq!(header(OFFSET).as_deref(), Some("42"));
        assert_eq!(header(READER).as_deref(), Some("products"));
        assert_eq!(header(REASON), Some("é".repeat(MAX_REASON_CHARS)));
        assert!(!letter.cut(), "nothing is left to cut");
    }

    #[test]
    fn given_a_letter_that_fits_when_recorded_then_it_is_whole_and_has_no_length() {
        let letter = letter(1000, 100);
        let record = letter.record("shop.dead-letters", "products");
        assert_eq!(record.payload.map(<[u8]>::len), Some(1000));
        let headers = record.headers.expect("headers");
        assert!(headers.iter().all(|header| header.key != LENGTH));
    }
}
