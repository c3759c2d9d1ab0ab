//! The effects of events: updates of the product copy, and decisions about orders.

use std::collections::HashMap;

use futures::TryStreamExt as _;
use mongo::time::date;
use mongo::{BACKGROUND_TIMEOUT, DUPLICATE_KEY, decimal};
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, Document, doc};
use mongodb::error::Error;
use serde::Deserialize;

use super::bulk::{self, StatementError};
use super::documents::{ACCEPTED, PENDING, REJECTED};
use super::{Store, object_id};
use crate::order::{Decision, Outcome};
use crate::ports::{Projection, StoreError};
use crate::product::ProductState;

impl Projection for Store {
    async fn apply_products(&self, states: &[ProductState]) -> Result<(), StoreError> {
        let upserts = states.iter().map(|state| Ok(statement(state, true)));
        let failed = bulk::update(self, "products", upserts).await?;
        let existing = existing(failed, states).map_err(refused)?;
        if existing.is_empty() {
            return Ok(());
        }
        // An upsert fails if the copy has the product and its version is not older. But another replica
        // may have inserted an older version at the same moment; an update without upsert finds it.
        let updates = existing.into_iter();
        let updates = updates.map(|state| Ok(statement(state, false)));
        let failed = bulk::update(self, "products", updates).await?;
        bulk::first_failure(failed).map_or(Ok(()), |error| Err(refused(error)))
    }

    async fn newer_than_copies(
        &self,
        states: Vec<ProductState>,
    ) -> Result<Vec<ProductState>, StoreError> {
        let ids: Vec<ObjectId> = states.iter().map(id_of).collect();
        let copies = self.database.collection::<CopyVersion>("products");
        let versions: HashMap<ObjectId, i64> =
            mongo::with_timeout(BACKGROUND_TIMEOUT, async move {
                let by_id = copies.find(doc! { "_id": { "$in": ids } });
                let by_id = by_id.max_time(mongo::time_left());
                let found = by_id.projection(doc! { "version": 1 }).await?;
                let versions = found.map_ok(|copy| (copy.id, copy.version));
                Ok::<_, StoreError>(versions.try_collect().await?)
            })
            .await?;
        let is_newer = |state: &ProductState| {
            let copy = versions.get(&id_of(state));
            copy.is_none_or(|version| *version < version_of(state))
        };
        Ok(states.into_iter().filter(is_newer).collect())
    }

    async fn apply_decisions(&self, decisions: Vec<Decision>) -> Result<(), StoreError> {
        let statements = decisions.into_iter().map(transition);
        let failed = bulk::update(self, "orders", statements).await?;
        let Some(error) = bulk::first_failure(failed) else {
            return Ok(());
        };
        tracing::error!(code = error.code, %error, "cannot apply a decision");
        Err(error.into())
    }
}

/// The version of a product's copy.
#[derive(Deserialize)]
struct CopyVersion {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[serde(default)]
    version: i64,
}

fn refused(error: StatementError) -> StoreError {
    tracing::error!(code = error.code, %error, "cannot update the product copy");
    error.into()
}

fn id_of(state: &ProductState) -> ObjectId {
    ObjectId::from_bytes(state.id.bytes())
}

fn version_of(state: &ProductState) -> i64 {
    // A product never has 2^63 changes.
    i64::try_from(state.version).unwrap_or(i64::MAX)
}

fn statement(state: &ProductState, upsert: bool) -> Document {
    let version = version_of(state);
    doc! {
        "q": { "_id": id_of(state), "version": { "$lt": version } },
        "u": { "$set": {
            "name": state.name.as_str(),
            "price": decimal::from_hundredths(state.price.minor()),
            "quantity": i64::from(state.stock.get()),
            "version": version,
        } },
        "upsert": upsert,
    }
}

/// Returns the states of the products that the copy contains already, or the first error of another
/// kind.
fn existing(
    failed: Vec<StatementError>,
    states: &[ProductState],
) -> Result<Vec<&ProductState>, StatementError> {
    let mut existing = Vec::new();
    for error in failed {
        if error.code != DUPLICATE_KEY {
            return Err(error);
        }
        let Some(state) = states.get(error.index) else {
            continue;
        };
        if error.key_pattern.contains_key("name") {
            // Names are unique among products, so the copy belongs to another catalogue. A retry
            // would block all other products.
            tracing::error!(product = %state.id, name = %state.name, "the product copy has another product of this name; it was not updated");
        } else {
            existing.push(state);
        }
    }
    Ok(existing)
}

/// The one transition of an order: from PENDING to its outcome.
fn transition(decision: Decision) -> Result<Document, StoreError> {
    let (status, reason) = match decision.outcome {
        Outcome::Accepted => (ACCEPTED.to_owned(), None),
        Outcome::Rejected(reason) => (REJECTED.to_owned(), reason),
        Outcome::Other { status, reason } => (status, reason),
    };
    let reason: Bson = mongodb::bson::serialize_to_bson(&reason).map_err(Error::from)?;
    Ok(doc! {
        "q": { "_id": object_id(decision.id), "status": PENDING },
        // The update contains the buyer, so that the change stream can be filtered by it.
        "u": [{ "$set": {
            "status": { "$literal": status },
            // The place of the change in the index from which event streams resume.
            "changed_after": "$$CLUSTER_TIME",
            "decision": {
                "at": date(decision.at),
                // The name of a product may begin with a dollar sign.
                "reason": { "$literal": reason },
                "client_email": "$client_email",
            },
        } }],
    })
}
