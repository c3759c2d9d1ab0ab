//! Messages that wait in the database until they are published.
//!
//! A batch's messages are one document, written in the transaction that makes them true. After
//! the commit they are sent at once and the document is deleted; what a crash or an outage left
//! behind is swept up. So a message is published at least once, and only if it is committed.

use std::sync::Arc;
use std::time::Duration;

use events::Message;
use jiff::{SignedDuration, Timestamp};
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, doc};
use mongodb::error::Error;
use mongodb::{ClientSession, Collection, Database};
use service_kit::lifecycle::Background;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::producer::Producer;

/// How old a document must be before the sweeper takes it for stranded. Longer than
/// [`crate::producer::DELIVERY_TIMEOUT`].
const LEASE: SignedDuration = SignedDuration::from_secs(5);
const SWEEP_INTERVAL: Duration = Duration::from_millis(500);
const SWEEP_BATCH: i64 = 100;
/// How many documents are on their way at once; more wait, so that memory is bounded.
const IN_FLIGHT: usize = 32;

/// The outbox of one service. Clones share it.
#[derive(Clone)]
pub struct Outbox {
    documents: Collection<Document>,
    producer: Producer,
    background: Background,
    in_flight: Arc<Semaphore>,
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
pub struct Stored(Document);

impl Outbox {
    /// The outbox in `database`, whose work runs in `background`.
    pub fn new(database: &Database, producer: Producer, background: Background) -> Self {
        Self {
            documents: database.collection("outbox"),
            producer,
            background,
            in_flight: Arc::new(Semaphore::new(IN_FLIGHT)),
        }
    }

    /// Writes `messages` in the transaction of `session`.
    pub async fn store(
        &self,
        session: &mut ClientSession,
        messages: Vec<Message>,
        now: Timestamp,
    ) -> Result<Stored, Error> {
        let created_at = DateTime::from_millis(now.as_millisecond());
        let document = Document {
            id: ObjectId::new(),
            created_at,
            messages,
        };
        self.documents
            .insert_one(&document)
            .session(session)
            .await?;
        Ok(Stored(document))
    }

    /// Sends what a transaction stored, after its commit, without waiting for the outcome.
    pub async fn release(&self, stored: Stored) {
        // The semaphore is never closed; if it were, sending without a permit would only use
        // more memory.
        let permit = self.in_flight.clone().acquire_owned().await.ok();
        let outbox = self.clone();
        self.background.spawn(async move {
            outbox.publish(stored.0).await;
            drop(permit);
        });
    }

    /// Sends messages that need no record, because whoever needs them asks again.
    pub fn send_unrecorded(&self, messages: Vec<Message>) {
        let producer = self.producer.clone();
        self.background.spawn(async move {
            producer.publish(&messages).await;
        });
    }

    /// Sweeps up what was left behind, until `stop`. The first sweep, after a restart, takes
    /// everything: whoever wrote it may be gone.
    pub async fn sweep(&self, stop: CancellationToken) {
        let mut lease = SignedDuration::ZERO;
        let mut ticks = tokio::time::interval(SWEEP_INTERVAL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
            }
            match self.sweep_once(Timestamp::now() - lease).await {
                Ok(()) => lease = LEASE,
                Err(error) => tracing::warn!(%error, "the outbox cannot be read; tries again"),
            }
        }
    }

    async fn sweep_once(&self, before: Timestamp) -> Result<(), Error> {
        loop {
            let before = DateTime::from_millis(before.as_millisecond());
            let mut found = self
                .documents
                .find(doc! { "created_at": { "$lte": before } })
                .sort(doc! { "created_at": 1 })
                .limit(SWEEP_BATCH)
                .await?;
            let mut stranded = Vec::new();
            while found.advance().await? {
                stranded.push(found.deserialize_current()?);
            }
            if stranded.is_empty() {
                return Ok(());
            }
            tracing::info!(
                documents = stranded.len(),
                "sends what was left in the outbox"
            );
            let sent = futures::future::join_all(
                stranded.into_iter().map(|document| self.publish(document)),
            );
            if sent.await.contains(&false) {
                return Ok(());
            }
        }
    }

    /// Publishes a document's messages and deletes it; `false` if it has to stay.
    async fn publish(&self, document: Document) -> bool {
        if self
            .producer
            .publish(&document.messages)
            .await
            .contains(&false)
        {
            return false;
        }
        service_kit::crash::crash_point("products.after-send");
        if let Err(error) = self.documents.delete_one(doc! { "_id": document.id }).await {
            tracing::warn!(%error, "a sent message stays in the outbox; it will be sent again");
            return false;
        }
        true
    }
}
