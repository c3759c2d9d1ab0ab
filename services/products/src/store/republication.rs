//! The states of all products, and the round of republishing.

use std::time::Duration;

use domain::ProductId;
use events::ProductState;
use mongo::time_left;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use mongodb::options::ReturnDocument;
use serde::{Deserialize, Serialize};

use super::Store;
use super::documents::object_id;
use crate::ports::{Replica, Republication, Round, StoreError};

/// The id of the round's only document.
const ROUND: &str = "republishing";

/// The current round and its lease.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct RoundDocument {
    #[serde(rename = "_id")]
    id: String,
    holder: ObjectId,
    #[serde(default)]
    last: Option<ObjectId>,
}

impl Store {
    /// Returns an id that no other replica has.
    pub(crate) fn new_replica() -> Replica {
        Replica(ObjectId::new().bytes())
    }
}

impl Republication for Store {
    async fn take_lease(
        &self,
        replica: Replica,
        duration: Duration,
    ) -> Result<Option<Round>, StoreError> {
        let replica = ObjectId::from_bytes(replica.0);
        self.run_in_background(move |store| async move {
            let round = store
                .leases
                .find_one_and_update(doc! { "_id": ROUND }, take_if_free(replica, duration))
                .upsert(true)
                .return_document(ReturnDocument::After)
                .max_time(time_left())
                .await?;
            let held = round.filter(|round| round.holder == replica);
            Ok(held.map(|round| Round {
                last: round.last.map(|last| ProductId::from_bytes(last.bytes())),
            }))
        })
        .await
    }

    async fn advance(&self, replica: Replica, last: Option<ProductId>) -> Result<(), StoreError> {
        let held = doc! { "_id": ROUND, "holder": ObjectId::from_bytes(replica.0) };
        let update = doc! { "$set": { "last": last.map(object_id) } };
        self.run_in_background(|store| async move {
            Ok(store.leases.update_one(held, update).await.map(drop)?)
        })
        .await
    }

    async fn product_count(&self) -> Result<u64, StoreError> {
        self.run_in_background(|store| async move {
            let count = store.products.estimated_document_count();
            Ok(count.max_time(time_left()).await?)
        })
        .await
    }

    async fn states_after(
        &self,
        last: Option<ProductId>,
        limit: usize,
    ) -> Result<Vec<ProductState>, StoreError> {
        let after = last.map_or_else(
            || doc! {},
            |last| doc! { "_id": { "$gt": object_id(last) } },
        );
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.run_in_background(move |store| async move {
            let mut found = store
                .products
                .find(after)
                .sort(doc! { "_id": 1 })
                .limit(limit)
                .max_time(time_left())
                .await?;
            let mut states = Vec::new();
            while found.advance().await? {
                states.push(found.deserialize_current()?.into_state()?);
            }
            Ok(states)
        })
        .await
    }
}

/// Gives the lease to `replica` if it has it already or if the lease has expired. The times are those
/// of the database, because the clocks of replicas differ.
fn take_if_free(replica: ObjectId, duration: Duration) -> Vec<Document> {
    let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    let is_free = doc! { "$or": [
        { "$eq": ["$holder", replica] },
        { "$lte": ["$expires_at", "$$NOW"] },
    ] };
    let expires_at = doc! { "$add": ["$$NOW", millis] };
    vec![
        doc! { "$set": { "is_free": is_free } },
        doc! { "$set": {
            "holder": { "$cond": ["$is_free", replica, "$holder"] },
            "expires_at": { "$cond": ["$is_free", expires_at, "$expires_at"] },
        } },
        doc! { "$unset": "is_free" },
    ]
}
