//! What comes from Kafka: a payload, and the headers that messaging reads beside it.
//!
//! The first line is `ce_time`, the rest is the payload.
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
    // What says where a message goes is a bounded word, whatever the sender wrote into it.
    for word in [event.id(), event.key()] {
        assert!(
            !word.is_empty() && word.len() <= 60 && word.is_ascii(),
            "{word}"
        );
    }
    let topics = Topics::with_prefix("");
    let message = Message::new(&topics, "fuzz", &event, time.unwrap_or_default(), None);
    let again = Event::decode(message.payload.as_bytes());
    assert_eq!(again.expect("what was read can be told"), event);
    let time_again = message.time.parse::<Timestamp>();
    assert_eq!(time_again.expect("a time"), time.unwrap_or_default());
    assert_eq!(message.headers().len(), 6);
});
