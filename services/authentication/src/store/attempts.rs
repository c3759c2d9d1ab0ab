//! Failed log-ins and registrations, counted for all replicas together.

use futures::TryStreamExt as _;
use jiff::Timestamp;
use mongo::StoreError;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, DateTime, Document, doc};
use mongodb::options::ReturnDocument;
use serde::{Deserialize, Serialize};

use super::{Store, date, timestamp};
use crate::rules::attempts::{AttemptLimits, Counted};

/// A place among the attempts, which can be given back.
#[derive(Clone, Debug)]
pub(crate) struct Reservation {
    id: ObjectId,
    key: String,
}

/// What came of asking for a place.
pub(crate) enum Reserved {
    Yes(Reservation),
    /// There are this many attempts already.
    Full(Vec<Timestamp>),
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
    /// The attempts under each of these keys, in their order.
    pub(crate) async fn attempts(
        &self,
        counted: &[Counted],
    ) -> Result<Vec<Vec<Timestamp>>, StoreError> {
        let keys: Vec<&str> = counted.iter().map(|counted| counted.key.as_str()).collect();
        let query = doc! { "_id": { "$in": keys } };
        let found: Vec<AttemptsDocument> = self
            .ask(&self.attempts, |attempts| async move {
                attempts.find(query).await?.try_collect().await
            })
            .await?;
        let of = |counted: &Counted| {
            let document = found.iter().find(|document| document.key == counted.key);
            document.map(times).unwrap_or_default()
        };
        Ok(counted.iter().map(of).collect())
    }

    /// Takes a place among the attempts that count at `now`, if there is one left.
    pub(crate) async fn reserve_attempt(
        &self,
        counted: &Counted,
        limits: &AttemptLimits,
        now: Timestamp,
    ) -> Result<Reserved, StoreError> {
        let id = ObjectId::new();
        let added = doc! { "id": id, "at": date(now) };
        let forgotten_at = now.checked_add(limits.window).unwrap_or(Timestamp::MAX);
        let update = vec![doc! { "$set": {
            "attempts": within_limit(counted.limit, limits.since(now), added),
            "expires_at": date(forgotten_at),
        } }];
        let key = doc! { "_id": &counted.key };
        let document = self
            .ask(&self.attempts, |attempts| async move {
                attempts
                    .find_one_and_update(key, update)
                    .upsert(true)
                    .return_document(ReturnDocument::After)
                    .await
            })
            .await?;
        let is_ours =
            |document: &AttemptsDocument| document.attempts.iter().any(|attempt| attempt.id == id);
        Ok(match document {
            Some(document) if !is_ours(&document) => Reserved::Full(times(&document)),
            _ => Reserved::Yes(Reservation {
                id,
                key: counted.key.clone(),
            }),
        })
    }

    /// Gives a place back, because the log-in did not fail.
    pub(crate) async fn release_attempt(
        &self,
        reservation: &Reservation,
    ) -> Result<(), StoreError> {
        let pull = doc! { "$pull": { "attempts": { "id": reservation.id } } };
        let key = doc! { "_id": &reservation.key };
        self.ask(&self.attempts, |attempts| async move {
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

/// The attempts after `since`, and `added` too if that makes no more than `limit`.
fn within_limit(limit: u32, since: Timestamp, added: Document) -> Document {
    let counting = doc! { "$filter": {
        "input": { "$ifNull": ["$attempts", []] },
        "cond": { "$gt": ["$$this.at", date(since)] },
    } };
    let has_room = doc! { "$lt": [{ "$size": "$$counting" }, i64::from(limit)] };
    let with_added = doc! { "$concatArrays": ["$$counting", [Bson::from(added)]] };
    doc! { "$let": {
        "vars": { "counting": counting },
        "in": { "$cond": [has_room, with_added, "$$counting"] },
    } }
}
