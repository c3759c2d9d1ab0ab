//! Updates of the product copy.

use mongo::{DUPLICATE_KEY, decimal};
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};

use super::Store;
use super::bulk::{self, StatementError};
use crate::ports::StoreError;
use crate::product::ProductState;

/// Updates the copy of each product whose state is newer than the copy.
pub(super) async fn apply(store: &Store, states: &[ProductState]) -> Result<(), StoreError> {
    let upserts: Vec<Document> = states.iter().map(|state| statement(state, true)).collect();
    let failed = bulk::update(&store.database, "products", &upserts).await?;
    let existing = existing(failed, states).map_err(refused)?;
    if existing.is_empty() {
        return Ok(());
    }
    // An upsert fails if the copy has the product and its version is not older. But another replica
    // may have inserted an older version at the same moment; an update without upsert finds it.
    let updates: Vec<Document> = existing
        .into_iter()
        .map(|state| statement(state, false))
        .collect();
    let mut failed = bulk::update(&store.database, "products", &updates).await?;
    failed.pop().map_or(Ok(()), |error| Err(refused(error)))
}

fn refused(error: StatementError) -> StoreError {
    tracing::error!(code = error.code, %error, "cannot update the product copy");
    error.into()
}

fn statement(state: &ProductState, upsert: bool) -> Document {
    // A product never has 2^63 changes.
    let version = i64::try_from(state.version).unwrap_or(i64::MAX);
    doc! {
        "q": { "_id": ObjectId::from_bytes(state.id.bytes()), "version": { "$lt": version } },
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
