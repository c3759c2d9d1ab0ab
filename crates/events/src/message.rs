//! The Kafka message of an event.
//!
//! The headers are those of `CloudEvents` 1.0's Kafka protocol binding, binary content mode:
//! <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md>.

use domain::rfc3339;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::kinds::Event;
use crate::topics::Topics;

/// An event ready to be sent, or stored in an outbox until it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The full name of the topic.
    pub topic: String,
    /// The partition key.
    pub key: String,
    /// The event id (`ce_id`).
    pub id: String,
    /// The kind of event (`ce_type`).
    pub kind: String,
    /// The sending service (`ce_source`).
    pub source: String,
    /// When it happened (`ce_time`), in the form of [`rfc3339`].
    pub time: String,
    /// The trace context.
    pub traceparent: Option<String>,
    /// The event as JSON.
    pub payload: String,
}

impl Message {
    /// The message of `event`, which `service` committed at `time`.
    pub fn new(
        topics: &Topics,
        service: &str,
        event: &Event,
        time: Timestamp,
        traceparent: Option<String>,
    ) -> Self {
        Self {
            topic: topics.of(event).to_owned(),
            key: event.key(),
            id: event.id(),
            kind: event.kind().to_owned(),
            source: format!("/services/{service}"),
            time: rfc3339(time),
            traceparent,
            // Events are structs of strings and finite numbers: they always serialise.
            payload: serde_json::to_string(event).unwrap_or_default(),
        }
    }

    /// The message headers.
    pub fn headers(&self) -> Vec<(&'static str, &str)> {
        let mut headers = vec![
            ("ce_specversion", "1.0"),
            ("ce_id", &self.id),
            ("ce_source", &self.source),
            ("ce_type", &self.kind),
            ("ce_time", &self.time),
            ("content-type", "application/json"),
        ];
        if let Some(traceparent) = &self.traceparent {
            headers.push((TRACEPARENT, traceparent));
        }
        headers
    }
}

/// The header of the trace context.
pub const TRACEPARENT: &str = "traceparent";
