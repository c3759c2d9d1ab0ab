//! The counters of failed log-ins and registrations, shared by all replicas.

use futures::TryStreamExt as _;
use jiff::Timestamp;
use mongo::StoreError;
use mongo::time::{date, timestamp};
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, DateTime, Document, doc};
use mongodb::options::ReturnDocument;
use serde::{Deserialize, Serialize};

use super::Store;
use crate::attempt_limits::{AttemptCounter, AttemptLimits};

/// A counted attempt, which can be released.
#[derive(Clone, Debug)]
pub(crate) struct Reservation {
    id: ObjectId,
    key: String,
}

/// The result of reserving an attempt.
pub(crate) enum ReserveOutcome {
    Reserved(Reservation),
    /// The limit is reached by these attempts.
    LimitReached(Vec<Timestamp>),
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct AttemptsDocument {
    #[serde(rename = "_id")]
    key: String,
    attempts: Vec<AttemptDocument>,
    expires_at: DateTime,
}

#[derive(Debug, Serialize, Deserialize)]
struct AttemptDocument {
    id: ObjectId,
    at: DateTime,
}

impl Store {
    /// Returns the attempts of each counter, in the order of `counters`.
    pub(crate) async fn attempts(
        &self,
        counters: &[AttemptCounter],
    ) -> Result<Vec<Vec<Timestamp>>, StoreError> {
        let keys: Vec<&str> = counters
            .iter()
            .map(|counter| counter.key.as_str())
            .collect();
        let query = doc! { "_id": { "$in": keys } };
        let found: Vec<AttemptsDocument> = self
            .run(&self.attempts, |attempts| async move {
                let found = attempts.find(query).max_time(mongo::time_left());
                found.await?.try_collect().await
            })
            .await?;
        let attempts_of = |counter: &AttemptCounter| {
            let document = found.iter().find(|document| document.key == counter.key);
            document.map(times).unwrap_or_default()
        };
        Ok(counters.iter().map(attempts_of).collect())
    }

    /// Counts an attempt at `now`, unless the limit is reached.
    pub(crate) async fn reserve_attempt(
        &self,
        counter: &AttemptCounter,
        limits: &AttemptLimits,
        now: Timestamp,
    ) -> Result<ReserveOutcome, StoreError> {
        let id = ObjectId::new();
        let added = doc! { "id": id, "at": date(now) };
        let expires_at = now.checked_add(limits.window).unwrap_or(Timestamp::MAX);
        let update = vec![doc! { "$set": {
            "attempts": within_limit(counter.limit, limits.window_start(now), added),
            "expires_at": date(expires_at),
        } }];
        let key = doc! { "_id": &counter.key };
        let document = self
            .run(&self.attempts, |attempts| async move {
                attempts
                    .find_one_and_update(key, update)
                    .upsert(true)
                    .return_document(ReturnDocument::After)
                    .max_time(mongo::time_left())
                    .await
            })
            .await?;
        let is_ours =
            |document: &AttemptsDocument| document.attempts.iter().any(|attempt| attempt.id == id);
        Ok(match document {
            Some(document) if !is_ours(&document) => ReserveOutcome::LimitReached(times(&document)),
            _ => ReserveOutcome::Reserved(Reservation {
                id,
                key: counter.key.clone(),
            }),
        })
    }

    /// Removes an attempt from its counter.
    pub(crate) async fn release_attempt(
        &self,
        reservation: &Reservation,
    ) -> Result<(), StoreError> {
        let pull = doc! { "$pull": { "attempts": { "id": reservation.id } } };
        let key = doc! { "_id": &reservation.key };
        self.run(&self.attempts, |attempts| async move {
            attempts.update_one(key, pull).await
        })
        .await?;
        Ok(())
    }
}

fn times(document: &AttemptsDocument) -> Vec<Timestamp> {
    document
        .attempts
        .iter()
        .map(|attempt| timestamp(attempt.at))
        .collect()
}

/// An expression: the attempts after `start`, and `added` if the limit allows one more.
fn within_limit(limit: u32, start: Timestamp, added: Document) -> Document {
    let counting = doc! { "$filter": {
        "input": { "$ifNull": ["$attempts", []] },
        "cond": { "$gt": ["$$this.at", date(start)] },
    } };
    let has_room = doc! { "$lt": [{ "$size": "$$counting" }, i64::from(limit)] };
    let with_added = doc! { "$concatArrays": ["$$counting", [Bson::from(added)]] };
    doc! { "$let": {
        "vars": { "counting": counting },
        "in": { "$cond": [has_room, with_added, "$$counting"] },
    } }
}
