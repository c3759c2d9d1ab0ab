//! A stream of server-sent events, as a client reads it.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use eventsource_stream::Eventsource as _;
use futures::{Stream, StreamExt as _};
use serde_json::Value;

/// An open stream.
pub struct EventStream {
    events: Pin<Box<dyn Stream<Item = Option<ServerEvent>> + Send>>,
    raw: Arc<Mutex<Vec<u8>>>,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerEvent {
    /// Its opaque id.
    pub id: String,
    /// Its kind.
    pub event: String,
    /// Its data.
    pub data: String,
}

impl ServerEvent {
    /// The data as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }
}

impl EventStream {
    pub(crate) fn of(response: reqwest::Response) -> Self {
        assert_eq!(response.status().as_u16(), 200, "the stream is refused");
        let kind = response
            .headers()
            .get("content-type")
            .and_then(|kind| kind.to_str().ok());
        assert!(
            kind.is_some_and(|kind| kind.starts_with("text/event-stream")),
            "{kind:?}"
        );
        let raw = Arc::new(Mutex::new(Vec::new()));
        let copy = Arc::clone(&raw);
        let bytes = response.bytes_stream().inspect(move |chunk| {
            if let Ok(chunk) = chunk {
                copy.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .extend_from_slice(chunk);
            }
        });
        // A connection that breaks off is to its reader the end of the stream.
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

    /// The next message; fails if none comes before the deadline or if the stream ends.
    pub async fn next(&mut self, deadline: Duration) -> ServerEvent {
        let next = tokio::time::timeout(deadline, self.events.next()).await;
        next.unwrap_or_else(|_| panic!("no event within {deadline:?}"))
            .flatten()
            .expect("the stream goes on")
    }

    /// The messages up to the first one that satisfies `last`, which included.
    pub async fn until(
        &mut self,
        deadline: Duration,
        last: impl Fn(&ServerEvent) -> bool,
    ) -> Vec<ServerEvent> {
        let mut events = Vec::new();
        let all = async {
            loop {
                let event = self
                    .events
                    .next()
                    .await
                    .flatten()
                    .expect("the stream goes on");
                events.push(event.clone());
                if last(&event) {
                    return;
                }
            }
        };
        let came = tokio::time::timeout(deadline, all).await.is_ok();
        assert!(
            came,
            "the last event did not come within {deadline:?}; these did: {events:?}"
        );
        events
    }

    /// Waits for the end of the stream and gives the messages that came before it.
    pub async fn end(&mut self, deadline: Duration) -> Vec<ServerEvent> {
        let mut events = Vec::new();
        let all = async {
            while let Some(Some(event)) = self.events.next().await {
                events.push(event);
            }
        };
        let ended = tokio::time::timeout(deadline, all).await.is_ok();
        assert!(
            ended,
            "the stream did not end within {deadline:?}; it told: {events:?}"
        );
        events
    }

    /// Waits for a comment line after the greeting that every stream begins with, passing over
    /// messages.
    pub async fn comment(&mut self, deadline: Duration) {
        // The greeting is one block, up to the first blank line.
        let has_comment = |raw: &[u8]| {
            let greeting = raw.windows(2).position(|pair| pair == b"\n\n");
            greeting.is_some_and(|end| raw[end..].windows(2).any(|pair| pair == b"\n:"))
        };
        let wait = async {
            loop {
                // Polling the parser reads the bytes; a comment makes it yield nothing.
                let read =
                    tokio::time::timeout(Duration::from_millis(100), self.events.next()).await;
                if has_comment(&self.raw.lock().unwrap_or_else(PoisonError::into_inner)) {
                    return;
                }
                assert!(!matches!(read, Ok(None | Some(None))), "the stream ended");
            }
        };
        let came = tokio::time::timeout(deadline, wait).await.is_ok();
        assert!(came, "no comment line within {deadline:?}");
    }
}
