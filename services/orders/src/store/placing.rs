//! The operations of placing orders. Each is one command for a whole round.

use std::collections::HashMap;
use std::sync::Arc;

use domain::{Email, OrderId, ProductName};
use jiff::{SignedDuration, Timestamp};
use mongo::DUPLICATE_KEY;
use mongodb::bson::doc;
use mongodb::bson::oid::ObjectId;
use mongodb::error::{Error, ErrorKind};

use super::documents::OrderDocument;
use super::{Store, object_ids};
use crate::limits::AccountUsage;
use crate::order::PendingOrder;
use crate::ports::{Insertion, OrderBook, StoreError};
use crate::product::ProductCopy;

impl OrderBook for Store {
    fn new_id(&self) -> OrderId {
        OrderId::from_bytes(ObjectId::new().bytes())
    }

    async fn placed_orders(
        &self,
        ids: &[OrderId],
    ) -> Result<HashMap<OrderId, Arc<PendingOrder>>, StoreError> {
        let query = doc! { "_id": { "$in": object_ids(ids) } };
        let mut found = self.orders.find(query).max_time(self.timeout).await?;
        let mut placed = HashMap::new();
        while found.advance().await? {
            let order = found.deserialize_current()?.into_placed()?;
            placed.insert(order.id, Arc::new(order));
        }
        Ok(placed)
    }

    async fn products(
        &self,
        names: &[&ProductName],
    ) -> Result<HashMap<ProductName, ProductCopy>, StoreError> {
        let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
        let query = doc! { "name": { "$in": names } };
        let mut found = self.products.find(query).max_time(self.timeout).await?;
        let mut products = HashMap::new();
        while found.advance().await? {
            let (name, product) = found.deserialize_current()?.into_copy()?;
            products.insert(name, product);
        }
        Ok(products)
    }

    async fn usage(
        &self,
        buyers: &[Email],
        since: Timestamp,
    ) -> Result<HashMap<Email, AccountUsage>, StoreError> {
        self.count_usage(buyers, since).await
    }

    async fn insert(
        &self,
        orders: &[Arc<PendingOrder>],
        lease: SignedDuration,
    ) -> Result<Vec<Insertion>, StoreError> {
        let documents: Vec<OrderDocument> = orders
            .iter()
            .map(|order| OrderDocument::from_pending(order, due(order.created_at, lease)))
            .collect();
        match self.orders.insert_many(&documents).ordered(false).await {
            Ok(_) => Ok(vec![Insertion::Done; orders.len()]),
            Err(error) => insertions(error, orders.len()),
        }
    }
}

fn due(placed: Timestamp, lease: SignedDuration) -> Timestamp {
    placed.checked_add(lease).unwrap_or(placed)
}

/// The outcome of each of `count` orders after an insert that failed for some of them.
fn insertions(error: Error, count: usize) -> Result<Vec<Insertion>, StoreError> {
    let ErrorKind::InsertMany(failure) = error.kind.as_ref() else {
        return Err(error.into());
    };
    if failure.write_concern_error.is_some() {
        return Err(error.into());
    }
    let mut insertions = vec![Insertion::Done; count];
    for failed in failure.write_errors.iter().flatten() {
        let insertion = if failed.code == DUPLICATE_KEY {
            Insertion::Duplicate
        } else {
            tracing::error!(
                code = failed.code,
                "cannot store an order: {}",
                failed.message
            );
            Insertion::Failed
        };
        if let Some(outcome) = insertions.get_mut(failed.index) {
            *outcome = insertion;
        }
    }
    Ok(insertions)
}
