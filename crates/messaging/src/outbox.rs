//! Messages that wait in the database until they are published.
//!
//! A batch's messages are one document, or several if they are long, written in the transaction
//! that makes them true. After the commit they are sent at once and the document is deleted; what
//! a crash or an outage left behind is swept up. So a message is published at least once, and only
//! if it is committed.

use std::sync::Arc;
use std::time::Duration;

use events::Message;
use futures::future;
use jiff::{SignedDuration, Timestamp};
use mongo::BACKGROUND_TIMEOUT;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{self, DateTime, doc};
use mongodb::error::Error;
use mongodb::{ClientSession, Collection, Database, IndexModel};
use runtime::lifecycle::Background;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::producer::Producer;

/// How old a document must be before the sweeper takes it for stranded. Longer than
/// [`crate::producer::DELIVERY_TIMEOUT`].
const LEASE: SignedDuration = SignedDuration::from_secs(5);
/// No document is stamped so far in the future by a clock that agrees with ours.
const HORIZON: SignedDuration = SignedDuration::from_secs(10);
const SWEEP_INTERVAL: Duration = Duration::from_millis(500);
/// How many documents are on their way at once; more wait, so that memory is bounded.
const IN_FLIGHT: u8 = 32;
/// How much the messages of one document may come to, unless one alone is more: far below
/// MongoDB's 16 MiB, and with [`IN_FLIGHT`] the most that is in memory.
const LONGEST_DOCUMENT: usize = 1 << 20;

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

/// Messages that are in the database and not yet published.
#[must_use = "what is not released waits for the sweeper"]
pub struct Stored(Vec<Document>);

impl Outbox {
    /// The outbox in `database`, whose work runs in `background`. At `crash_point` it dies, if it
    /// may, between sending and deleting.
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
            in_flight: Arc::new(Semaphore::new(usize::from(IN_FLIGHT))),
            crash_point,
        }
    }

    /// Makes the index, and with it the collection, without which no transaction can write to it.
    pub async fn ensure_indexes(&self) -> Result<(), Error> {
        let by_age = IndexModel::builder().keys(doc! { "created_at": 1 }).build();
        self.documents.create_index(by_age).await?;
        Ok(())
    }

    /// Writes `messages` in the transaction of `session`.
    pub async fn store(
        &self,
        session: &mut ClientSession,
        messages: Vec<Message>,
        now: Timestamp,
    ) -> Result<Stored, Error> {
        let created_at = DateTime::from_millis(now.as_millisecond());
        let documents: Vec<Document> = in_parts(messages, LONGEST_DOCUMENT)
            .into_iter()
            .map(|messages| Document {
                id: ObjectId::new(),
                created_at,
                messages,
            })
            .collect();
        self.documents
            .insert_many(&documents)
            .session(session)
            .await?;
        Ok(Stored(documents))
    }

    /// Sends what a transaction stored, after its commit, without waiting for the outcome.
    pub async fn publish(&self, stored: Stored) {
        for document in stored.0 {
            // The semaphore is never closed; if it were, sending without a permit would only use
            // more memory.
            let permit = self.in_flight.clone().acquire_owned().await.ok();
            self.send(document, permit);
        }
    }

    /// The same for whoever is waited for by a client: what is too much at the moment is left to
    /// the sweeper.
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

    /// Sends messages that need no record, because whoever needs them asks again; so they are
    /// dropped when too much is on its way.
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

    /// Sweeps up what was left behind, until `stop`. The first sweep, after a restart, takes
    /// everything: whoever wrote it may be gone.
    pub async fn run_sweeper(&self, stop: CancellationToken) {
        let mut first = true;
        let mut ticks = tokio::time::interval(SWEEP_INTERVAL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
            }
            let what = if first {
                doc! {}
            } else {
                stranded(Timestamp::now())
            };
            match self.sweep_once(what).await {
                Ok(()) => first = false,
                Err(error) => tracing::warn!(%error, "the outbox cannot be read; tries again"),
            }
        }
    }

    /// Sends what the filter finds, until it has been at the end once.
    async fn sweep_once(&self, what: bson::Document) -> Result<(), Error> {
        loop {
            let left = self.oldest(what.clone()).await?;
            if left.is_empty() {
                return Ok(());
            }
            tracing::info!(documents = left.len(), "sends what was left in the outbox");
            let was_all = left.len() < usize::from(IN_FLIGHT);
            let sent = left
                .into_iter()
                .map(|document| self.send_and_delete(document));
            if future::join_all(sent).await.contains(&false) || was_all {
                return Ok(());
            }
        }
    }

    async fn oldest(&self, what: bson::Document) -> Result<Vec<Document>, Error> {
        let documents = self.documents.clone();
        mongo::with_timeout(BACKGROUND_TIMEOUT, async move {
            let oldest_first = documents.find(what).sort(doc! { "created_at": 1 });
            let mut found = oldest_first.limit(i64::from(IN_FLIGHT)).await?;
            let mut readable = Vec::new();
            while found.advance().await? {
                match found.deserialize_current() {
                    Ok(document) => readable.push(document),
                    // What is behind it is not to wait for it.
                    Err(error) => tracing::error!(
                        id = ?found.current().get("_id"),
                        %error,
                        "a document of the outbox cannot be read, so it is not sent; mend it by hand"
                    ),
                }
            }
            Ok(readable)
        })
        .await
    }

    /// Publishes a document's messages and deletes it; `false` if it has to stay.
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
            tracing::warn!(%error, "a sent message stays in the outbox; it will be sent again");
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

/// What nobody is sending any more. What is beyond the horizon was stamped by a clock that is far
/// ahead, and would otherwise wait until ours is there.
fn stranded(now: Timestamp) -> bson::Document {
    let at = |time: Timestamp| DateTime::from_millis(time.as_millisecond());
    doc! { "$or": [
        { "created_at": { "$lte": at(now - LEASE) } },
        { "created_at": { "$gt": at(now + HORIZON) } },
    ] }
}

/// `messages` in their order, cut wherever they would come to more than `most` bytes.
fn in_parts(messages: Vec<Message>, most: usize) -> Vec<Vec<Message>> {
    let mut parts: Vec<Vec<Message>> = Vec::new();
    let mut left = 0;
    for message in messages {
        let size = size(&message);
        match parts.last_mut() {
            Some(part) if size <= left => {
                left -= size;
                part.push(message);
            }
            _ => {
                left = most.saturating_sub(size);
                parts.push(vec![message]);
            }
        }
    }
    parts
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
    fn given_messages_of_any_length_when_cut_then_each_is_there_once_and_no_part_is_too_long() {
        let check = |lengths: &[usize], expected: &[usize]| {
            let all: Vec<Message> = (0..)
                .zip(lengths)
                .map(|(id, length)| message(id, *length))
                .collect();
            let parts = in_parts(all.clone(), 1000);
            let counts: Vec<usize> = parts.iter().map(Vec::len).collect();
            assert_eq!(counts, expected, "{lengths:?}");
            for part in parts.iter().filter(|part| part.len() > 1) {
                assert!(part.iter().map(size).sum::<usize>() <= 1000, "{lengths:?}");
            }
            assert_eq!(parts.concat(), all);
        };
        check(&[], &[]);
        check(&[1, 1, 1], &[3]);
        check(&[700, 700, 1, 1], &[1, 3]);
        check(&[1, 5000, 1], &[1, 1, 1]);
        check(&[400, 300, 400], &[2, 1]);
    }
}
