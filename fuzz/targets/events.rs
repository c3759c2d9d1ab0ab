//! Kafka messages: payloads and their time header.
//!
//! The first line is the header `ce_time`, the rest is the payload.
#![no_main]

use events::{Event, KINDS, Message, Topics};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (time, payload) = match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (&bytes[..0], bytes),
    };
    let time = std::str::from_utf8(time)
        .ok()
        .and_then(|time| time.parse::<Timestamp>().ok());
    let Ok(event) = Event::decode(payload) else {
        return;
    };
    assert!(KINDS.contains(&event.kind()));
    // Id and key are short and ASCII for every payload.
    for text in [event.id(), event.key()] {
        assert!(
            !text.is_empty() && text.len() <= 60 && text.is_ascii(),
            "{text}"
        );
    }
    let topics = Topics::with_prefix("");
    let message = Message::new(&topics, "fuzz", &event, time.unwrap_or_default(), None);
    let decoded = Event::decode(message.payload.as_bytes());
    assert_eq!(decoded.expect("an encoded event can be decoded"), event);
    let sent_time = message.time.parse::<Timestamp>().expect("a time");
    assert_eq!(millis(sent_time), millis(time.unwrap_or_default()));
    assert_eq!(message.headers().len(), 6);
});

/// Times are sent in milliseconds.
fn millis(time: Timestamp) -> i128 {
    time.as_nanosecond().div_euclid(1_000_000)
}
