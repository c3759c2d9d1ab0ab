//! The transactional outbox: messages are stored in the same transaction as the change they report
//! and published after its commit.
//!
//! The messages of a batch are one document, or several if they are long. After the commit they are
//! sent and the document is deleted. A replica sends a document only while it has a lease on it. The
//! first lease is that of the replica that stores the document. When a lease expires, because of a
//! crash or an outage, the sweeper of one replica claims the document. So every message is published
//! at least once, and only if it is committed.

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
use mongodb::options::{CollectionOptions, WriteConcern};
use mongodb::{ClientSession, Collection, Database, IndexModel};
use runtime::clock::{Clock as _, SystemClock};
use runtime::lifecycle::Background;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::producer::Producer;

/// How long one replica alone may send a document. Longer than
/// [`crate::producer::DELIVERY_TIMEOUT`], after which it has given up.
const LEASE: SignedDuration = SignedDuration::from_secs(5);
/// A lease that begins further in the future was taken by a replica whose clock is wrong.
const MAX_CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(10);
const SWEEP_INTERVAL: Duration = Duration::from_millis(500);
/// The documents that are sent concurrently; a limit, so that memory is bounded.
const MAX_IN_FLIGHT: u8 = 32;
/// The maximum size of a document's messages, unless a single message is longer: far below
/// MongoDB's limit of 16 MiB. With [`MAX_IN_FLIGHT`] it bounds memory.
const MAX_DOCUMENT_BYTES: usize = 1 << 20;

const COLLECTION: &str = "outbox";
/// The field of [`Document::leased_at`]. Its name is that of the first release, in which no lease was
/// renewed, so that both releases can run together.
const LEASED_AT: &str = "created_at";

/// The outbox of one service. Clones share it.
#[derive(Clone)]
pub struct Outbox {
    documents: Collection<Document>,
    /// The same documents, for claims and deletions. These need no majority: one that a failover undoes
    /// costs a duplicate.
    one_member: Collection<bson::Document>,
    producer: Producer,
    background: Background,
    in_flight: Arc<Semaphore>,
    crash_point: &'static str,
}

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Document {
    #[serde(rename = "_id")]
    id: ObjectId,
    /// The beginning of the lease.
    #[serde(rename = "created_at")]
    leased_at: DateTime,
    messages: Vec<Message>,
}

impl Document {
    /// Whether no other replica can have claimed it.
    fn is_leased(&self, now: Timestamp) -> bool {
        self.leased_at > date(now - LEASE)
    }
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
        let options = CollectionOptions::builder()
            .write_concern(WriteConcern::nodes(1))
            .build();
        Self {
            documents: database.collection(COLLECTION),
            one_member: database.collection_with_options(COLLECTION, options),
            producer,
            background,
            in_flight: Arc::new(Semaphore::new(usize::from(MAX_IN_FLIGHT))),
            crash_point,
        }
    }

    /// Creates the index and with it the collection, which must exist before a transaction writes to it.
    pub async fn ensure_indexes(&self) -> Result<(), Error> {
        let by_lease = IndexModel::builder().keys(doc! { LEASED_AT: 1 }).build();
        self.documents.create_index(by_lease).await?;
        Ok(())
    }

    /// Stores `messages`, if there are any, in the transaction of `session`. The lease begins now.
    pub async fn store(
        &self,
        session: &mut ClientSession,
        messages: Vec<Message>,
    ) -> Result<Stored, Error> {
        let leased_at = date(SystemClock.now());
        let documents: Vec<Document> = split_by_size(messages, MAX_DOCUMENT_BYTES)
            .into_iter()
            .map(|messages| Document {
                id: ObjectId::new(),
                leased_at,
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

    /// Sends stored messages after the commit. Waits for a free slot, not for the result. Documents
    /// whose lease has expired by then are left to the sweeper.
    pub async fn publish(&self, stored: Stored) {
        for document in stored.0 {
            // The semaphore is never closed; without a permit only more memory would be used.
            let permit = self.in_flight.clone().acquire_owned().await.ok();
            if document.is_leased(SystemClock.now()) {
                self.send(document, permit);
            }
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
        self.background.spawn("outbox-message", async move {
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
        self.background.spawn("unrecorded-message", async move {
            producer.publish(&messages).await;
            drop(permit);
        });
    }

    /// Sends the documents that were left behind, until `stop`.
    pub async fn run_sweeper(self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(SWEEP_INTERVAL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            if let Err(error) = self.sweep_once(&stop).await {
                tracing::warn!(%error, "cannot read the outbox; retrying");
            }
        }
    }

    /// Sends all documents whose lease has expired, oldest first; stops at the first failure.
    async fn sweep_once(&self, stop: &CancellationToken) -> Result<(), Error> {
        while !stop.is_cancelled() {
            let claimed = self.claim(SystemClock.now()).await?;
            if claimed.is_empty() {
                return Ok(());
            }
            tracing::info!(
                documents = claimed.len(),
                "sending documents left in the outbox"
            );
            let sent = claimed
                .into_iter()
                .map(|document| self.send_and_delete(document));
            if future::join_all(sent).await.contains(&false) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Claims up to [`MAX_IN_FLIGHT`] documents whose lease has expired, oldest first. No other
    /// replica can claim them before the new lease expires.
    async fn claim(&self, now: Timestamp) -> Result<Vec<Document>, Error> {
        let documents = self.one_member.clone();
        mongo::with_timeout(BACKGROUND_TIMEOUT, async move {
            let mut claimed = Vec::new();
            while claimed.len() < usize::from(MAX_IN_FLIGHT) {
                let oldest = documents
                    .find_one_and_update(expired(now), doc! { "$set": { LEASED_AT: date(now) } })
                    .sort(doc! { LEASED_AT: 1 })
                    .max_time(mongo::time_left());
                let Some(oldest) = oldest.await? else {
                    break;
                };
                let id = oldest.get("_id").cloned();
                match bson::deserialize_from_document(oldest) {
                    Ok(document) => claimed.push(document),
                    // Skipped, so that the documents behind it are sent.
                    Err(error) => tracing::error!(
                        ?id,
                        %error,
                        "cannot read an outbox document; fix or delete it by hand"
                    ),
                }
            }
            Ok(claimed)
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
        let documents = self.one_member.clone();
        mongo::with_timeout(BACKGROUND_TIMEOUT, async move {
            documents.delete_one(doc! { "_id": id }).await.map(drop)
        })
        .await
    }
}

/// Documents whose lease expired, or began too far in the future to be right.
fn expired(now: Timestamp) -> bson::Document {
    doc! { "$or": [
        { LEASED_AT: { "$lte": date(now - LEASE) } },
        { LEASED_AT: { "$gt": date(now + MAX_CLOCK_SKEW) } },
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
mod tests;
