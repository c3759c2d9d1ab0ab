//! An event stream (SSE) as a client reads it.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use eventsource_stream::Eventsource as _;
use futures::{Stream, StreamExt as _};
use serde_json::Value;

const COMMENT_POLL_INTERVAL: Duration = Duration::from_millis(100);

/// An open event stream.
pub struct EventStream {
    /// An item is `None` when the connection breaks.
    events: Pin<Box<dyn Stream<Item = Option<ServerEvent>> + Send>>,
    raw: Arc<Mutex<Vec<u8>>>,
}

/// A server-sent event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerEvent {
    /// The opaque event id (`id:`).
    pub id: String,
    /// The event type (`event:`).
    pub event: String,
    /// The data (`data:`), which is JSON.
    pub data: String,
}

impl ServerEvent {
    /// The data as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }
}

impl EventStream {
    pub(crate) fn new(response: reqwest::Response) -> Self {
        let content_type = response.headers().get("content-type");
        assert!(
            content_type.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")),
            "{content_type:?}"
        );
        let raw = Arc::new(Mutex::new(Vec::new()));
        let copy = Arc::clone(&raw);
        let bytes = response.bytes_stream().inspect(move |chunk| {
            if let Ok(chunk) = chunk {
                let mut copy = copy.lock().unwrap_or_else(PoisonError::into_inner);
                copy.extend_from_slice(chunk);
            }
        });
        let events = bytes.eventsource().map(|event| {
            let event = event.ok()?;
            Some(ServerEvent {
                id: event.id,
                event: event.event,
                data: event.data,
            })
        });
        Self {
            events: Box::pin(events),
            raw,
        }
    }

    /// Returns the next event; panics if none arrives within `timeout` or the stream ends.
    pub async fn next(&mut self, timeout: Duration) -> ServerEvent {
        let events = self.read_until(timeout, |_| true).await;
        events.into_iter().next().expect("one event")
    }

    /// Returns the next event; `None` if none arrives within `timeout`, or if the stream ends or breaks.
    pub async fn try_next(&mut self, timeout: Duration) -> Option<ServerEvent> {
        let next = tokio::time::timeout(timeout, self.events.next()).await;
        next.ok().flatten().flatten()
    }

    /// Returns the events up to and including the first that satisfies `is_last`; panics if it does
    /// not arrive within `timeout` or the stream ends.
    pub async fn read_until(
        &mut self,
        timeout: Duration,
        is_last: impl Fn(&ServerEvent) -> bool,
    ) -> Vec<ServerEvent> {
        let mut events = Vec::new();
        let read = async {
            while !events.last().is_some_and(&is_last) {
                let event = self.events.next().await.flatten();
                events.push(event.expect("the stream continues"));
            }
        };
        let finished = tokio::time::timeout(timeout, read).await.is_ok();
        assert!(
            finished,
            "the awaited event did not arrive within {timeout:?}; received: {events:?}"
        );
        events
    }

    /// Waits until the stream ends, and returns the remaining events; panics if the connection breaks.
    pub async fn read_to_end(&mut self, timeout: Duration) -> Vec<ServerEvent> {
        let mut events = Vec::new();
        let read = async {
            while let Some(event) = self.events.next().await {
                events.push(event.expect("the connection does not break"));
            }
        };
        let ended = tokio::time::timeout(timeout, read).await.is_ok();
        assert!(
            ended,
            "the stream did not end within {timeout:?}; received: {events:?}"
        );
        events
    }

    /// Waits for a comment after the one that every stream begins with. Skips events.
    pub async fn wait_for_comment(&mut self, timeout: Duration) {
        // The first comment ends at the first blank line.
        let has_comment = |raw: &[u8]| {
            let first = raw.windows(2).position(|pair| pair == b"\n\n");
            first.is_some_and(|end| raw[end..].windows(2).any(|pair| pair == b"\n:"))
        };
        let wait = async {
            loop {
                // Polling the parser reads bytes. It yields nothing for a comment.
                let read = tokio::time::timeout(COMMENT_POLL_INTERVAL, self.events.next()).await;
                if has_comment(&self.raw.lock().unwrap_or_else(PoisonError::into_inner)) {
                    return;
                }
                assert!(!matches!(read, Ok(None | Some(None))), "the stream ended");
            }
        };
        let arrived = tokio::time::timeout(timeout, wait).await.is_ok();
        assert!(arrived, "no comment within {timeout:?}");
    }
}
