//! The operations of placing orders, each for a whole round. A connection that hangs delays a round
//! only until its timeout.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

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

/// Much shorter than an election, which takes half a second at least.
const RETRY_DELAY: Duration = Duration::from_millis(50);

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
        mongo::with_timeout(
            self.timeout,
            repeat(async move || {
                let mut found = orders.find(query.clone()).max_time(time_left()).await?;
                let mut placed = HashMap::new();
                while found.advance().await? {
                    let order = found.deserialize_current()?.into_placed()?;
                    placed.insert(order.id, Arc::new(order));
                }
                Ok(placed)
            }),
        )
        .await
    }

    async fn products(
        &self,
        names: &[&ProductName],
    ) -> Result<HashMap<ProductName, ProductCopy>, StoreError> {
        let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
        let (copies, query) = (self.products.clone(), doc! { "name": { "$in": names } });
        mongo::with_timeout(
            self.timeout,
            repeat(async move || {
                let mut found = copies.find(query.clone()).max_time(time_left()).await?;
                let mut products = HashMap::new();
                while found.advance().await? {
                    let (name, product) = found.deserialize_current()?.into_copy()?;
                    products.insert(name, product);
                }
                Ok(products)
            }),
        )
        .await
    }

    async fn usage(
        &self,
        buyers: &[Email],
        since: Timestamp,
        limits: AccountLimits,
    ) -> Result<HashMap<Email, AccountUsage>, StoreError> {
        let (store, buyers) = (self.clone(), buyers.to_vec());
        mongo::with_timeout(
            self.timeout,
            repeat(async move || store.count_usage(&buyers, since, limits).await),
        )
        .await
    }

    async fn insert(
        &self,
        orders: &[Arc<PendingOrder>],
        lease: SignedDuration,
    ) -> Result<Vec<Insertion>, StoreError> {
        let (store, orders, count) = (self.clone(), orders.to_vec(), orders.len());
        let failed = mongo::with_timeout(
            self.timeout,
            repeat(async move || {
                let document = |order: &Arc<PendingOrder>| {
                    OrderDocument::from_pending(order, due(order.created_at, lease))
                };
                bulk::insert(&store, "orders", orders.iter().map(document)).await
            }),
        );
        Ok(insertions(failed.await?, count))
    }
}

/// Repeats an operation of placing within the enclosing timeout while the database is unavailable, for
/// example until another member is primary. It can be repeated, because an order has its id before.
async fn repeat<T>(operation: impl AsyncFn() -> Result<T, StoreError>) -> Result<T, StoreError> {
    loop {
        match operation().await {
            Err(StoreError::Unavailable(_) | StoreError::NotDurable) if !mongo::is_time_up() => {
                tokio::time::sleep(RETRY_DELAY).await;
            }
            outcome => return outcome,
        }
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
