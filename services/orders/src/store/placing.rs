//! The operations of placing orders, each for a whole round. A connection that hangs delays a round
//! only until its timeout.

use std::collections::HashMap;
use std::sync::Arc;

use domain::{Email, OrderId, ProductName};
use jiff::{SignedDuration, Timestamp};
use mongo::{DUPLICATE_KEY, time_left};
use mongodb::bson::doc;
use mongodb::bson::oid::ObjectId;

use super::bulk::{self, StatementError};
use super::documents::OrderDocument;
use super::{Store, object_ids};
use crate::limits::{AccountLimits, AccountUsage};
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
        let (orders, query) = (
            self.orders.clone(),
            doc! { "_id": { "$in": object_ids(ids) } },
        );
        mongo::with_timeout(self.timeout, async move {
            let mut found = orders.find(query).max_time(time_left()).await?;
            let mut placed = HashMap::new();
            while found.advance().await? {
                let order = found.deserialize_current()?.into_placed()?;
                placed.insert(order.id, Arc::new(order));
            }
            Ok(placed)
        })
        .await
    }

    async fn products(
        &self,
        names: &[&ProductName],
    ) -> Result<HashMap<ProductName, ProductCopy>, StoreError> {
        let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
        let (copies, query) = (self.products.clone(), doc! { "name": { "$in": names } });
        mongo::with_timeout(self.timeout, async move {
            let mut found = copies.find(query).max_time(time_left()).await?;
            let mut products = HashMap::new();
            while found.advance().await? {
                let (name, product) = found.deserialize_current()?.into_copy()?;
                products.insert(name, product);
            }
            Ok(products)
        })
        .await
    }

    async fn usage(
        &self,
        buyers: &[Email],
        since: Timestamp,
        limits: AccountLimits,
    ) -> Result<HashMap<Email, AccountUsage>, StoreError> {
        let (store, buyers) = (self.clone(), buyers.to_vec());
        mongo::with_timeout(self.timeout, async move {
            store.count_usage(&buyers, since, limits).await
        })
        .await
    }

    async fn insert(
        &self,
        orders: &[Arc<PendingOrder>],
        lease: SignedDuration,
    ) -> Result<Vec<Insertion>, StoreError> {
        let (store, orders) = (self.clone(), orders.to_vec());
        mongo::with_timeout(self.timeout, async move {
            let documents = || {
                let document = |order: &Arc<PendingOrder>| {
                    OrderDocument::from_pending(order, due(order.created_at, lease))
                };
                orders.iter().map(document)
            };
            let failed = match bulk::insert(&store, "orders", documents()).await {
                // The primary has changed or the connection was closed. The first insert has ended.
                Err(StoreError::Unavailable(_)) if !mongo::is_time_up() => {
                    bulk::insert(&store, "orders", documents()).await?
                }
                failed => failed?,
            };
            Ok(insertions(failed, orders.len()))
        })
        .await
    }
}

fn due(placed: Timestamp, lease: SignedDuration) -> Timestamp {
    placed.checked_add(lease).unwrap_or(placed)
}

/// The outcome of each of `count` orders, of which some failed.
fn insertions(failed: Vec<StatementError>, count: usize) -> Vec<Insertion> {
    let mut insertions = vec![Insertion::Done; count];
    for error in failed {
        let insertion = if error.code == DUPLICATE_KEY {
            Insertion::Duplicate
        } else {
            tracing::error!(code = error.code, %error, "cannot store an order");
            Insertion::Failed
        };
        if let Some(outcome) = insertions.get_mut(error.index) {
            *outcome = insertion;
        }
    }
    insertions
}
