//! What placing orders asks of the database: one call a round for each step.

use std::collections::HashMap;
use std::sync::Arc;

use domain::{OrderId, ProductName};
use jiff::{SignedDuration, Timestamp};
use mongodb::bson::doc;
use mongodb::bson::oid::ObjectId;
use mongodb::error::{Error, ErrorKind};

use super::bulk::DUPLICATE_KEY;
use super::documents::OrderDocument;
use super::{Store, StoreError};
use crate::checking::KnownProduct;
use crate::order::PendingOrder;

/// What became of an order in an insert of many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Insertion {
    /// It is stored, durably.
    Done,
    /// There is an order with this id already.
    Duplicate,
    /// It is not stored.
    Failed,
}

/// An id that no other order has.
pub fn fresh_id() -> OrderId {
    OrderId::from_bytes(ObjectId::new().bytes())
}

impl Store {
    /// The orders with these ids, as they were when they were placed.
    pub async fn placed(
        &self,
        ids: &[OrderId],
    ) -> Result<HashMap<OrderId, Arc<PendingOrder>>, StoreError> {
        let ids: Vec<ObjectId> = ids
            .iter()
            .map(|id| ObjectId::from_bytes(id.bytes()))
            .collect();
        let mut found = self.orders.find(doc! { "_id": { "$in": ids } }).await?;
        let mut placed = HashMap::new();
        while found.advance().await? {
            let order = found.deserialize_current()?.into_placed()?;
            placed.insert(order.id, Arc::new(order));
        }
        Ok(placed)
    }

    /// What the copy knows of the products with these names.
    pub async fn products(
        &self,
        names: impl IntoIterator<Item = &str>,
    ) -> Result<HashMap<ProductName, KnownProduct>, StoreError> {
        let names: Vec<&str> = names.into_iter().collect();
        let mut found = self
            .products
            .find(doc! { "name": { "$in": names } })
            .await?;
        let mut known = HashMap::new();
        while found.advance().await? {
            let (name, product) = found.deserialize_current()?.into_known()?;
            known.insert(name, product);
        }
        Ok(known)
    }

    /// Stores orders, and says of each what became of it. Each will be due for sending again
    /// `lease` after its placing.
    pub async fn insert(
        &self,
        orders: &[Arc<PendingOrder>],
        lease: SignedDuration,
    ) -> Result<Vec<Insertion>, StoreError> {
        let documents: Vec<OrderDocument> = orders
            .iter()
            .map(|order| OrderDocument::of_pending(order, due(order.created_at, lease)))
            .collect();
        match self.orders.insert_many(&documents).ordered(false).await {
            Ok(_) => Ok(vec![Insertion::Done; orders.len()]),
            Err(error) => some_failed(error, orders.len()),
        }
    }
}

fn due(placed: Timestamp, lease: SignedDuration) -> Timestamp {
    placed.checked_add(lease).unwrap_or(placed)
}

fn some_failed(error: Error, count: usize) -> Result<Vec<Insertion>, StoreError> {
    let ErrorKind::InsertMany(failure) = error.kind.as_ref() else {
        return Err(error.into());
    };
    if failure.write_concern_error.is_some() {
        return Err(error.into());
    }
    let mut outcome = vec![Insertion::Done; count];
    for failed in failure.write_errors.iter().flatten() {
        let insertion = if failed.code == DUPLICATE_KEY {
            Insertion::Duplicate
        } else {
            Insertion::Failed
        };
        if insertion == Insertion::Failed {
            tracing::error!(
                code = failed.code,
                "an order was not stored: {}",
                failed.message
            );
        }
        if let Some(place) = outcome.get_mut(failed.index) {
            *place = insertion;
        }
    }
    Ok(outcome)
}
