//! Failed log-ins, counted for all replicas together.

use futures::TryStreamExt as _;
use jiff::Timestamp;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, DateTime, Document, doc};
use mongodb::options::ReturnDocument;
use serde::{Deserialize, Serialize};
use service_kit::mongo::StoreError;

use super::{Store, date, timestamp};
use crate::rules::login_limit::{Counted, LoginLimits};

/// A place among the failures that was taken before it was known whether the log-in fails.
#[derive(Clone, Debug)]
pub(crate) struct Reservation {
    id: ObjectId,
    key: String,
}

/// What came of asking for a place.
pub(crate) enum Reserved {
    Yes(Reservation),
    /// There are this many failures already.
    Full(Vec<Timestamp>),
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FailuresDocument {
    #[serde(rename = "_id")]
    key: String,
    failures: Vec<FailureDocument>,
    expires_at: DateTime,
}

#[derive(Debug, Serialize, Deserialize)]
struct FailureDocument {
    id: ObjectId,
    at: DateTime,
}

impl Store {
    /// The failures under each of these keys, in their order.
    pub(crate) async fn failures(
        &self,
        counted: &[Counted; 2],
    ) -> Result<[Vec<Timestamp>; 2], StoreError> {
        let keys: Vec<&str> = counted.iter().map(|counted| counted.key.as_str()).collect();
        let query = doc! { "_id": { "$in": keys } };
        let found: Vec<FailuresDocument> = self
            .ask(&self.failed_logins, |failures| async move {
                failures.find(query).await?.try_collect().await
            })
            .await?;
        Ok(counted.each_ref().map(|counted| {
            found
                .iter()
                .find(|document| document.key == counted.key)
                .map(times)
                .unwrap_or_default()
        }))
    }

    /// Takes a place among the failures that count at `now`, if there is one left.
    pub(crate) async fn reserve_failure(
        &self,
        counted: &Counted,
        limits: &LoginLimits,
        now: Timestamp,
    ) -> Result<Reserved, StoreError> {
        let id = ObjectId::new();
        let added = doc! { "id": id, "at": date(now) };
        let forgotten_at = now.checked_add(limits.window).unwrap_or(Timestamp::MAX);
        let update = vec![doc! { "$set": {
            "failures": within_limit(counted.limit, limits.since(now), added),
            "expires_at": date(forgotten_at),
        } }];
        let key = doc! { "_id": &counted.key };
        let document = self
            .ask(&self.failed_logins, |failures| async move {
                failures
                    .find_one_and_update(key, update)
                    .upsert(true)
                    .return_document(ReturnDocument::After)
                    .await
            })
            .await?;
        let is_ours =
            |document: &FailuresDocument| document.failures.iter().any(|failure| failure.id == id);
        Ok(match document {
            Some(document) if !is_ours(&document) => Reserved::Full(times(&document)),
            _ => Reserved::Yes(Reservation {
                id,
                key: counted.key.clone(),
            }),
        })
    }

    /// Gives a place back, because the log-in did not fail.
    pub(crate) async fn release_failure(
        &self,
        reservation: &Reservation,
    ) -> Result<(), StoreError> {
        let pull = doc! { "$pull": { "failures": { "id": reservation.id } } };
        let key = doc! { "_id": &reservation.key };
        self.ask(&self.failed_logins, |failures| async move {
            failures.update_one(key, pull).await
        })
        .await?;
        Ok(())
    }
}

fn times(document: &FailuresDocument) -> Vec<Timestamp> {
    document
        .failures
        .iter()
        .map(|failure| timestamp(failure.at))
        .collect()
}

/// The failures after `since`, and `added` too if that makes no more than `limit`.
fn within_limit(limit: u32, since: Timestamp, added: Document) -> Document {
    let counting = doc! { "$filter": {
        "input": { "$ifNull": ["$failures", []] },
        "cond": { "$gt": ["$$this.at", date(since)] },
    } };
    let has_room = doc! { "$lt": [{ "$size": "$$counting" }, i64::from(limit)] };
    let with_added = doc! { "$concatArrays": ["$$counting", [Bson::from(added)]] };
    doc! { "$let": {
        "vars": { "counting": counting },
        "in": { "$cond": [has_room, with_added, "$$counting"] },
    } }
}
