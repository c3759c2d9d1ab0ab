//! Archiving: decisions and recorded responses that are old.

use std::time::Duration;

use futures::TryStreamExt as _;
use jiff::Timestamp;
use mongo::time::{date, timestamp};
use mongo::time_left;
use mongodb::ClientSession;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, Document, doc};
use mongodb::error::Error;
use serde::{Deserialize, Serialize};

use super::Store;
use super::error::matched;
use crate::ports::{Archive, RecordedRequest, StoreError};

/// The id of the document about the archived decisions.
const DECISIONS: &str = "decisions";

/// Until when the archived decisions' orders were placed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ArchivedUntil {
    #[serde(rename = "_id")]
    id: String,
    placed_at: DateTime,
}

#[derive(Deserialize)]
struct OldDecision {
    #[serde(rename = "_id")]
    id: ObjectId,
    placed_at: DateTime,
}

#[derive(Deserialize)]
struct OldChange {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[serde(default)]
    request: String,
}

impl Archive for Store {
    async fn archive_decisions(
        &self,
        now: Timestamp,
        age: Duration,
        limit: usize,
    ) -> Result<usize, StoreError> {
        self.run_in_background(|store| async move {
            let old = store.old_decisions(now, age, limit).await?;
            let Some(last) = old.iter().map(|decision| decision.placed_at).max() else {
                return Ok(0);
            };
            store.raise_archived_until(last).await?;
            let ids: Vec<ObjectId> = old.iter().map(|decision| decision.id).collect();
            let by_id = doc! { "_id": { "$in": ids } };
            store.decisions.delete_many(by_id).await?;
            Ok(old.len())
        })
        .await
    }

    async fn archive_responses(
        &self,
        now: Timestamp,
        age: Duration,
        limit: usize,
    ) -> Result<usize, StoreError> {
        self.run_in_background(|store| async move {
            let mut old = older_than("at", now, age);
            old.insert("answer", doc! { "$exists": true });
            let changes = store.changes.clone_with_type::<OldChange>();
            let found = changes
                .find(old)
                .sort(doc! { "at": 1 })
                .limit(limit_of(limit))
                .projection(doc! { "request": 1 })
                .max_time(time_left());
            let found: Vec<OldChange> = found.await?.try_collect().await?;
            if !found.is_empty() {
                let updates: Vec<Document> = found.iter().map(without_response).collect();
                let command = doc! { "update": store.changes.name(), "updates": updates };
                let reply = store.database.run_command(command).await?;
                matched(&reply)?;
            }
            Ok(found.len())
        })
        .await
    }
}

impl Store {
    async fn old_decisions(
        &self,
        now: Timestamp,
        age: Duration,
        limit: usize,
    ) -> Result<Vec<OldDecision>, Error> {
        let mut old = older_than("decided_at", now, age);
        // The order of the index. An order is decided after it was placed.
        old.insert("placed_at", doc! { "$lt": cutoff(now, age) });
        let decisions = self.decisions.clone_with_type::<OldDecision>();
        let found = decisions
            .find(old)
            .sort(doc! { "placed_at": 1 })
            .limit(limit_of(limit))
            .projection(doc! { "placed_at": 1 })
            .max_time(time_left());
        found.await?.try_collect().await
    }

    /// Records that decisions about orders that were placed until `last` may be archived.
    async fn raise_archived_until(&self, last: DateTime) -> Result<(), Error> {
        self.archive
            .update_one(
                doc! { "_id": DECISIONS },
                doc! { "$max": { "placed_at": last } },
            )
            .upsert(true)
            .await?;
        Ok(())
    }

    /// Returns until when the orders were placed whose decisions may be archived. A transaction that
    /// does not see an archived decision sees this time, because it was written before.
    pub(super) async fn archived_until(
        &self,
        session: &mut ClientSession,
    ) -> Result<Option<Timestamp>, Error> {
        let by_id = doc! { "_id": DECISIONS };
        let found = self.archive.find_one(by_id).max_time(time_left());
        let found = found.session(session).await?;
        Ok(found.map(|archived| timestamp(archived.placed_at)))
    }
}

/// Selects the documents whose `field` is older than `age`, by the clock of this replica and by that
/// of the database, so that one wrong clock archives nothing.
fn older_than(field: &str, now: Timestamp, age: Duration) -> Document {
    let millis = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
    let cutoff_of_database = doc! { "$subtract": ["$$NOW", millis] };
    doc! {
        field: { "$lt": cutoff(now, age) },
        "$expr": { "$lt": [format!("${field}"), cutoff_of_database] },
    }
}

fn cutoff(now: Timestamp, age: Duration) -> DateTime {
    // An age of more than all time archives nothing.
    date(now.checked_sub(age).unwrap_or(Timestamp::MIN))
}

fn limit_of(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn without_response(change: &OldChange) -> Document {
    let digest = RecordedRequest::digest_of(&change.request);
    doc! {
        "q": { "_id": change.id },
        "u": {
            "$set": { "request_digest": digest },
            "$unset": { "request": "", "answer": "" },
        },
    }
}
