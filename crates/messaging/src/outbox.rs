//! The transactional outbox: messages are stored in the same transaction as the change they report
//! and published after its commit.
//!
//! The messages of a batch are one document, or several if they are long. After the commit they are
//! sent and the document is deleted. The sweeper sends documents that a crash or an outage left
//! behind. So every message is published at least once, and only if it is committed.

use std::sync::Arc;
use std::time::Duration;

use events::Message;
use futures::future;
use jiff::{SignedDuration, Timestamp};
use mongo::BACKGROUND_TIMEOUT;
use mongo::time::date;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{self, DateTime, doc};
use mongodb::error::Error;
use mongodb::{ClientSession, Collection, Database, IndexModel};
use runtime::clock::{Clock as _, SystemClock};
use runtime::lifecycle::Background;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::producer::Producer;

/// The age at which the sweeper takes over a document. Longer than
/// [`crate::producer::DELIVERY_TIMEOUT`], so that its writer has given up.
const LEASE: SignedDuration = SignedDuration::from_secs(5);
/// A document that is stamped further in the future was written by a replica whose clock is wrong.
const MAX_CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(10);
const SWEEP_INTERVAL: Duration = Duration::from_millis(500);
/// The documents that are sent concurrently; a limit, so that memory is bounded.
const MAX_IN_FLIGHT: u8 = 32;
/// The maximum size of a document's messages, unless a single message is longer: far below
/// MongoDB's limit of 16 MiB. With [`MAX_IN_FLIGHT`] it bounds memory.
const MAX_DOCUMENT_BYTES: usize = 1 << 20;

/// The outbox of one service. Clones share it.
#[derive(Clone)]
pub struct Outbox {
    documents: Collection<Document>,
    producer: Producer,
    background: Background,
    in_flight: Arc<Semaphore>,
    crash_point: &'static str,
}

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Document {
    #[serde(rename = "_id")]
    id: ObjectId,
    created_at: DateTime,
    messages: Vec<Message>,
}

/// Messages that are stored in the outbox and not published yet.
#[must_use = "publish them, or they wait for the sweeper"]
pub struct Stored(Vec<Document>);

impl Outbox {
    /// The outbox in `database`; it sends in `background`. `crash_point` is between sending and
    /// deleting.
    pub fn new(
        database: &Database,
        producer: Producer,
        background: Background,
        crash_point: &'static str,
    ) -> Self {
        Self {
            documents: database.collection("outbox"),
            producer,
            background,
            in_flight: Arc::new(Semaphore::new(usize::from(MAX_IN_FLIGHT))),
            crash_point,
        }
    }

    /// Creates the index and with it the collection, which must exist before a transaction writes to it.
    pub async fn ensure_indexes(&self) -> Result<(), Error> {
        let by_age = IndexModel::builder().keys(doc! { "created_at": 1 }).build();
        self.documents.create_index(by_age).await?;
        Ok(())
    }

    /// Stores `messages`, if there are any, in the transaction of `session`.
    pub async fn store(
        &self,
        session: &mut ClientSession,
        messages: Vec<Message>,
        now: Timestamp,
    ) -> Result<Stored, Error> {
        let documents: Vec<Document> = split_by_size(messages, MAX_DOCUMENT_BYTES)
            .into_iter()
            .map(|messages| Document {
                id: ObjectId::new(),
                created_at: date(now),
                messages,
            })
            .collect();
        if !documents.is_empty() {
            self.documents
                .insert_many(&documents)
                .session(session)
                .await?;
        }
        Ok(Stored(documents))
    }

    /// Sends stored messages after the commit. Waits for a free slot, not for the result.
    pub async fn publish(&self, stored: Stored) {
        for document in stored.0 {
            // The semaphore is never closed; without a permit only more memory would be used.
            let permit = self.in_flight.clone().acquire_owned().await.ok();
            self.send(document, permit);
        }
    }

    /// The same without waiting, for requests of clients: documents that find no free slot are left
    /// to the sweeper.
    pub fn try_publish(&self, stored: Stored) {
        for document in stored.0 {
            let Ok(permit) = self.in_flight.clone().try_acquire_owned() else {
                return;
            };
            self.send(document, Some(permit));
        }
    }

    fn send(&self, document: Document, permit: Option<OwnedSemaphorePermit>) {
        let outbox = self.clone();
        self.background.spawn(async move {
            outbox.send_and_delete(document).await;
            drop(permit);
        });
    }

    /// Sends messages that need no outbox document, because their receiver requests them again. They
    /// are dropped if no slot is free.
    pub fn publish_unrecorded(&self, messages: Vec<Message>) {
        let Ok(permit) = self.in_flight.clone().try_acquire_owned() else {
            return;
        };
        let producer = self.producer.clone();
        self.background.spawn(async move {
            producer.publish(&messages).await;
            drop(permit);
        });
    }

    /// Sends documents that were left behind, until `stop`. The first sweep after a start takes all
    /// documents, because their writer may have crashed.
    pub async fn run_sweeper(&self, stop: CancellationToken) {
        let mut first = true;
        let mut ticks = tokio::time::interval(SWEEP_INTERVAL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
            }
            let filter = if first {
                doc! {}
            } else {
                expired(SystemClock.now())
            };
            match self.sweep_once(filter).await {
                Ok(()) => first = false,
                Err(error) => tracing::warn!(%error, "cannot read the outbox; retrying"),
            }
        }
    }

    /// Sends all documents that match `filter`, oldest first; stops at the first failure.
    async fn sweep_once(&self, filter: bson::Document) -> Result<(), Error> {
        loop {
            let left = self.oldest(filter.clone()).await?;
            if left.is_empty() {
                return Ok(());
            }
            tracing::info!(
                documents = left.len(),
                "sending documents left in the outbox"
            );
            let is_last = left.len() < usize::from(MAX_IN_FLIGHT);
            let sent = left
                .into_iter()
                .map(|document| self.send_and_delete(document));
            if future::join_all(sent).await.contains(&false) || is_last {
                return Ok(());
            }
        }
    }

    async fn oldest(&self, filter: bson::Document) -> Result<Vec<Document>, Error> {
        let documents = self.documents.clone();
        mongo::with_timeout(BACKGROUND_TIMEOUT, async move {
            let oldest_first = documents.find(filter).sort(doc! { "created_at": 1 });
            let mut found = oldest_first.limit(i64::from(MAX_IN_FLIGHT)).await?;
            let mut readable = Vec::new();
            while found.advance().await? {
                match found.deserialize_current() {
                    Ok(document) => readable.push(document),
                    // Skipped, so that the documents behind it are sent.
                    Err(error) => tracing::error!(
                        id = ?found.current().get("_id"),
                        %error,
                        "cannot read an outbox document; fix or delete it by hand"
                    ),
                }
            }
            Ok(readable)
        })
        .await
    }

    /// Sends the messages of a document and deletes it; `false` if it must stay.
    async fn send_and_delete(&self, document: Document) -> bool {
        if self
            .producer
            .publish(&document.messages)
            .await
            .contains(&false)
        {
            return false;
        }
        runtime::crash::crash_point(self.crash_point);
        if let Err(error) = self.delete(document.id).await {
            tracing::warn!(%error, "cannot delete a sent outbox document; it will be sent again");
            return false;
        }
        true
    }

    async fn delete(&self, id: ObjectId) -> Result<(), Error> {
        let documents = self.documents.clone();
        mongo::with_timeout(BACKGROUND_TIMEOUT, async move {
            documents.delete_one(doc! { "_id": id }).await.map(drop)
        })
        .await
    }
}

/// Documents whose lease expired, or whose timestamp is too far in the future to be right.
fn expired(now: Timestamp) -> bson::Document {
    doc! { "$or": [
        { "created_at": { "$lte": date(now - LEASE) } },
        { "created_at": { "$gt": date(now + MAX_CLOCK_SKEW) } },
    ] }
}

/// Splits `messages` into chunks of at most `max` bytes, in order; a longer message is a chunk alone.
fn split_by_size(messages: Vec<Message>, max: usize) -> Vec<Vec<Message>> {
    let mut chunks: Vec<Vec<Message>> = Vec::new();
    let mut left = 0;
    for message in messages {
        let size = size(&message);
        match chunks.last_mut() {
            Some(chunk) if size <= left => {
                left -= size;
                chunk.push(message);
            }
            _ => {
                left = max.saturating_sub(size);
                chunks.push(vec![message]);
            }
        }
    }
    chunks
}

fn size(message: &Message) -> usize {
    let headers = message.headers().into_iter();
    let headers: usize = headers.map(|(name, value)| name.len() + value.len()).sum();
    message.topic.len() + message.key.len() + headers + message.payload.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: usize, length: usize) -> Message {
        Message {
            topic: String::new(),
            key: String::new(),
            id: id.to_string(),
            kind: String::new(),
            source: String::new(),
            time: String::new(),
            traceparent: None,
            payload: "x".repeat(length),
        }
    }

    #[test]
    fn given_messages_of_any_length_when_split_then_each_is_in_one_chunk_and_no_chunk_is_too_long()
    {
        let check = |lengths: &[usize], expected: &[usize]| {
            let all: Vec<Message> = (0..)
                .zip(lengths)
                .map(|(id, length)| message(id, *length))
                .collect();
            let chunks = split_by_size(all.clone(), 1000);
            let counts: Vec<usize> = chunks.iter().map(Vec::len).collect();
            assert_eq!(counts, expected, "{lengths:?}");
            for chunk in chunks.iter().filter(|chunk| chunk.len() > 1) {
                assert!(chunk.iter().map(size).sum::<usize>() <= 1000, "{lengths:?}");
            }
            assert_eq!(chunks.concat(), all);
        };
        check(&[], &[]);
        check(&[1, 1, 1], &[3]);
        check(&[700, 700, 1, 1], &[1, 3]);
        check(&[1, 5000, 1], &[1, 1, 1]);
        check(&[400, 300, 400], &[2, 1]);
    }
}
