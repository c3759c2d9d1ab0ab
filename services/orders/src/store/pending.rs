//! The pending orders, by the time at which `OrderCreate` is due again.

use std::sync::Arc;

use domain::OrderId;
use jiff::{SignedDuration, Timestamp};
use mongo::BACKGROUND_TIMEOUT;
use mongo::time::date;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use mongodb::options::{Hint, UpdateModifications};
use runtime::lifecycle::error_chain;

use super::documents::{OrderDocument, PENDING};
use super::indexes::{PENDING_INDEX, UNSENT_INDEX};
use super::{Store, object_ids};
use crate::order::PendingOrder;
use crate::ports::{Backoff, Claim, ResendQueue, ResendState, StoreError};

impl ResendQueue for Store {
    async fn claim(
        &self,
        now: Timestamp,
        backoff: Backoff,
        state: ResendState,
        limit: i64,
    ) -> Result<Claim, StoreError> {
        let due = self.due(now, backoff, state, limit).await?;
        let claim = ObjectId::new();
        if due.is_empty() {
            return Ok(Claim {
                id: claim.bytes(),
                orders: Vec::new(),
            });
        }
        // Another replica may have claimed some of them meanwhile. Those are not due any more.
        let still_due = doc! {
            "_id": { "$in": &due },
            "status": PENDING,
            "$or": due_times(now, backoff),
        };
        self.update_pending(still_due, postpone(now, backoff, claim))
            .await?;
        let orders = self.claimed(due, claim).await?;
        Ok(Claim {
            id: claim.bytes(),
            orders,
        })
    }

    async fn release(
        &self,
        claim: &Claim,
        orders: &[OrderId],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let held = held(object_ids(orders), ObjectId::from_bytes(claim.id));
        let due = doc! { "$set": { "resend.at": date(now) }, "$inc": { "resend.attempts": -1 } };
        self.update_pending(held, due).await
    }
}

impl Store {
    /// Returns the ids of the orders that are due, longest due first. The query reads no other ones.
    async fn due(
        &self,
        now: Timestamp,
        backoff: Backoff,
        state: ResendState,
        limit: i64,
    ) -> Result<Vec<ObjectId>, StoreError> {
        let mut query = doc! { "status": PENDING, "$or": due_times(now, backoff) };
        let index = match state {
            ResendState::Unsent => {
                query.insert("resend.attempts", doc! { "$lt": 1 });
                UNSENT_INDEX
            }
            ResendState::Any => PENDING_INDEX,
        };
        let orders = self.orders.clone_with_type::<Document>();
        mongo::with_timeout(BACKGROUND_TIMEOUT, async move {
            let mut found = orders
                .find(query)
                .sort(doc! { "resend.at": 1 })
                .projection(doc! { "_id": 1 })
                .limit(limit)
                .batch_size(u32::try_from(limit).unwrap_or(u32::MAX))
                .hint(Hint::Name(index.to_owned()))
                .max_time(BACKGROUND_TIMEOUT)
                .await?;
            let mut due = Vec::new();
            while found.advance().await? {
                due.extend(found.current().get_object_id("_id"));
            }
            Ok(due)
        })
        .await
    }

    /// Returns the orders that this claim holds.
    async fn claimed(
        &self,
        ids: Vec<ObjectId>,
        claim: ObjectId,
    ) -> Result<Vec<Arc<PendingOrder>>, StoreError> {
        let orders = self.orders.clone();
        mongo::with_timeout(BACKGROUND_TIMEOUT, async move {
            let mut found = orders
                .find(held(ids, claim))
                .hint(by_id())
                .max_time(BACKGROUND_TIMEOUT)
                .await?;
            let mut claimed = Vec::new();
            while found.advance().await? {
                let order = found
                    .deserialize_current()
                    .map_err(StoreError::from)
                    .and_then(OrderDocument::into_placed);
                match order {
                    Ok(order) => claimed.push(Arc::new(order)),
                    // It must not block the other orders.
                    Err(error) => tracing::error!(
                        id = ?found.current().get("_id"),
                        error = error_chain(&error),
                        "cannot read a pending order, so it is not published; fix its document"
                    ),
                }
            }
            Ok(claimed)
        })
        .await
    }

    async fn update_pending(
        &self,
        query: Document,
        update: impl Into<UpdateModifications> + Send,
    ) -> Result<(), StoreError> {
        let (orders, update) = (self.orders.clone(), update.into());
        mongo::with_timeout(BACKGROUND_TIMEOUT, async move {
            orders.update_many(query, update).hint(by_id()).await?;
            Ok(())
        })
        .await
    }
}

/// Due, or due so late that the time came from a clock that is far ahead.
fn due_times(now: Timestamp, backoff: Backoff) -> [Document; 2] {
    let beyond = now.checked_add(backoff.horizon).unwrap_or(Timestamp::MAX);
    [
        doc! { "resend.at": { "$lte": date(now) } },
        doc! { "resend.at": { "$gt": date(beyond) } },
    ]
}

fn postpone(now: Timestamp, backoff: Backoff, claim: ObjectId) -> Vec<Document> {
    let doubled =
        doc! { "$multiply": [millis(backoff.first), { "$pow": [2, "$resend.attempts"] }] };
    let later = doc! { "$add": [date(now), { "$min": [millis(backoff.longest), doubled] }] };
    let attempts = doc! { "$add": ["$resend.attempts", 1] };
    vec![doc! { "$set": {
        "resend.at": later, "resend.attempts": attempts, "resend.claim": claim,
    } }]
}

fn held(ids: Vec<ObjectId>, claim: ObjectId) -> Document {
    doc! { "_id": { "$in": ids }, "status": PENDING, "resend.claim": claim }
}

/// The index by which a batch is found: the others have all due orders.
fn by_id() -> Hint {
    Hint::Keys(doc! { "_id": 1 })
}

fn millis(duration: SignedDuration) -> i64 {
    // Leases are minutes at most.
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
