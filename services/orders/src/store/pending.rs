//! The pending orders, by the time at which `OrderCreate` is due again.

use std::sync::Arc;

use domain::OrderId;
use jiff::{SignedDuration, Timestamp};
use mongo::BACKGROUND_TIMEOUT;
use mongo::time::date;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::Hint;
use runtime::lifecycle::error_chain;
use serde::Deserialize;

use super::bulk;
use super::documents::{OrderDocument, PENDING};
use super::indexes::{PENDING_INDEX, UNSENT_INDEX};
use super::{Store, object_ids};
use crate::order::PendingOrder;
use crate::ports::{Backoff, BatchLimit, Claim, ResendQueue, ResendState, StoreError};

/// How many due orders a search returns at once. Only the first are needed if they are large.
const SEARCH_SIZE: u32 = 50;

/// An order that is due, and the size of its document.
#[derive(Debug, Deserialize)]
struct DueOrder {
    #[serde(rename = "_id")]
    id: ObjectId,
    bytes: i64,
}

impl ResendQueue for Store {
    async fn claim(
        &self,
        now: Timestamp,
        backoff: Backoff,
        state: ResendState,
        limit: BatchLimit,
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
        due: Timestamp,
    ) -> Result<(), StoreError> {
        let held = held(object_ids(orders), ObjectId::from_bytes(claim.id));
        let due = doc! { "$set": { "resend.at": date(due) }, "$inc": { "resend.attempts": -1 } };
        self.update_pending(held, due).await
    }
}

impl Store {
    /// Returns the ids of the orders that are due, longest due first, up to `limit`. The query reads no
    /// other orders, and only a few beyond the limit.
    async fn due(
        &self,
        now: Timestamp,
        backoff: Backoff,
        state: ResendState,
        limit: BatchLimit,
    ) -> Result<Vec<ObjectId>, StoreError> {
        let mut query = doc! { "status": PENDING, "$or": due_times(now, backoff) };
        let index = match state {
            ResendState::Unsent => {
                query.insert("resend.attempts", doc! { "$lt": 1 });
                UNSENT_INDEX
            }
            ResendState::Any => PENDING_INDEX,
        };
        let orders = self.orders.clone_with_type::<DueOrder>();
        mongo::with_timeout(BACKGROUND_TIMEOUT, async move {
            let mut found = orders
                .find(query)
                .sort(doc! { "resend.at": 1 })
                .projection(doc! { "_id": 1, "bytes": { "$bsonSize": "$$ROOT" } })
                .limit(limit.orders)
                .batch_size(SEARCH_SIZE)
                .hint(Hint::Name(index.to_owned()))
                .max_time(BACKGROUND_TIMEOUT)
                .await?;
            let (mut due, mut bytes) = (Vec::new(), 0);
            while found.advance().await? {
                let DueOrder { id, bytes: more } = found.deserialize_current()?;
                bytes += more;
                if bytes > limit.bytes && !due.is_empty() {
                    break;
                }
                due.push(id);
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
                .hint(Hint::Keys(doc! { "_id": 1 }))
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
        update: impl Into<Bson>,
    ) -> Result<(), StoreError> {
        // The batch is found by id: the other indexes have all due orders.
        let by_id = doc! { "_id": 1 };
        let update = doc! { "q": query, "u": update, "multi": true, "hint": by_id };
        let failed = bulk::update(self, "orders", std::iter::once(Ok(update))).await?;
        bulk::first_failure(failed).map_or(Ok(()), |error| Err(error.into()))
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

fn millis(duration: SignedDuration) -> i64 {
    // Leases are minutes at most.
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
