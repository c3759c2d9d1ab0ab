//! The orders nobody has decided yet: what is due for sending again, and when.

use domain::OrderId;
use jiff::{SignedDuration, Timestamp};
use mongo::BACKGROUND_TIMEOUT;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use mongodb::options::UpdateModifications;
use runtime::lifecycle::error_chain;

use super::documents::{OrderDocument, PENDING, date};
use super::{Store, StoreError};
use crate::order::PendingOrder;

/// Whether an order's message was sent again already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// It may never have reached the broker.
    NeverSentAgain,
    /// The broker has it, and products has not decided yet.
    SentAgain,
}

impl Store {
    /// At most `limit` orders that are due at `now`, longest due first. One that is due later
    /// than `horizon` was stamped by a clock that is far ahead, and is due as well.
    pub async fn due(
        &self,
        now: Timestamp,
        horizon: SignedDuration,
        which: Which,
        limit: i64,
    ) -> Result<Vec<PendingOrder>, StoreError> {
        let beyond = now.checked_add(horizon).unwrap_or(Timestamp::MAX);
        let attempts = match which {
            Which::NeverSentAgain => doc! { "$lt": 1 },
            Which::SentAgain => doc! { "$gte": 1 },
        };
        let query = doc! {
            "status": PENDING,
            "$or": [{ "resend.at": { "$lte": date(now) } }, { "resend.at": { "$gt": date(beyond) } }],
            "resend.attempts": attempts,
        };
        let orders = self.orders.clone();
        mongo::with_timeout(BACKGROUND_TIMEOUT, async move {
            let mut found = orders
                .find(query)
                .sort(doc! { "resend.at": 1 })
                .limit(limit)
                .await?;
            let mut due = Vec::new();
            while found.advance().await? {
                let order = found
                    .deserialize_current()
                    .map_err(StoreError::from)
                    .and_then(OrderDocument::into_placed);
                match order {
                    Ok(order) => due.push(order),
                    // The orders behind it are not to wait for it.
                    Err(error) => tracing::error!(
                        id = ?found.current().get("_id"),
                        error = error_chain(&error),
                        "a pending order cannot be read, so it is not sent; mend it by hand"
                    ),
                }
            }
            Ok(due)
        })
        .await
    }

    /// Makes every pending order due at `now`.
    pub async fn make_all_due(&self, now: Timestamp) -> Result<(), StoreError> {
        // With a condition on `resend.at` its index is used, however many orders are decided.
        let later = doc! { "status": PENDING, "resend.at": { "$gt": date(now) } };
        let due = doc! { "$set": { "resend.at": date(now) } };
        self.update_pending(later, due).await
    }

    /// Puts orders off: each by `lease`, doubled for every time that it was sent again, but by
    /// no more than `longest`.
    pub async fn put_off(
        &self,
        ids: &[OrderId],
        now: Timestamp,
        lease: SignedDuration,
        longest: SignedDuration,
    ) -> Result<(), StoreError> {
        let doubled = doc! { "$multiply": [millis(lease), { "$pow": [2, "$resend.attempts"] }] };
        let later = doc! { "$add": [date(now), { "$min": [millis(longest), doubled] }] };
        let attempts = doc! { "$add": ["$resend.attempts", 1] };
        let put_off = vec![doc! { "$set": { "resend.at": later, "resend.attempts": attempts } }];
        self.update_pending(still_pending(ids), put_off).await
    }

    /// Takes a putting-off back: these were not sent after all.
    pub async fn put_back(&self, ids: &[OrderId], now: Timestamp) -> Result<(), StoreError> {
        let put_back =
            doc! { "$set": { "resend.at": date(now) }, "$inc": { "resend.attempts": -1 } };
        self.update_pending(still_pending(ids), put_back).await
    }

    async fn update_pending(
        &self,
        query: Document,
        update: impl Into<UpdateModifications>,
    ) -> Result<(), StoreError> {
        let (orders, update) = (self.orders.clone(), update.into());
        mongo::with_timeout(BACKGROUND_TIMEOUT, async move {
            orders.update_many(query, update).await?;
            Ok(())
        })
        .await
    }
}

fn still_pending(ids: &[OrderId]) -> Document {
    let ids: Vec<ObjectId> = ids
        .iter()
        .map(|id| ObjectId::from_bytes(id.bytes()))
        .collect();
    doc! { "_id": { "$in": ids }, "status": PENDING }
}

fn millis(duration: SignedDuration) -> i64 {
    // Leases are minutes at most.
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
