//! The pending orders, by the time at which `OrderCreate` is due again.

use std::sync::Arc;

use domain::OrderId;
use jiff::{SignedDuration, Timestamp};
use mongo::BACKGROUND_TIMEOUT;
use mongo::time::date;
use mongodb::bson::{Document, doc};
use mongodb::options::UpdateModifications;
use runtime::lifecycle::error_chain;

use super::documents::{OrderDocument, PENDING};
use super::{Store, object_ids};
use crate::order::PendingOrder;
use crate::ports::{ResendQueue, ResendState, StoreError};

impl ResendQueue for Store {
    async fn make_all_due(&self, now: Timestamp) -> Result<(), StoreError> {
        // The condition on `resend.at` makes the query use its index, which has only pending orders.
        let later = doc! { "status": PENDING, "resend.at": { "$gt": date(now) } };
        let due = doc! { "$set": { "resend.at": date(now) } };
        self.update_pending(later, due).await
    }

    async fn due(
        &self,
        now: Timestamp,
        horizon: SignedDuration,
        state: ResendState,
        limit: i64,
    ) -> Result<Vec<Arc<PendingOrder>>, StoreError> {
        let beyond = now.checked_add(horizon).unwrap_or(Timestamp::MAX);
        let attempts = match state {
            ResendState::NeverResent => doc! { "$lt": 1 },
            ResendState::Resent => doc! { "$gte": 1 },
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
                    Ok(order) => due.push(Arc::new(order)),
                    // It must not block the other orders.
                    Err(error) => tracing::error!(
                        id = ?found.current().get("_id"),
                        error = error_chain(&error),
                        "cannot read a pending order, so it is not published; fix its document"
                    ),
                }
            }
            Ok(due)
        })
        .await
    }

    async fn postpone(
        &self,
        ids: &[OrderId],
        now: Timestamp,
        lease: SignedDuration,
        max_delay: SignedDuration,
    ) -> Result<(), StoreError> {
        let doubled = doc! { "$multiply": [millis(lease), { "$pow": [2, "$resend.attempts"] }] };
        let later = doc! { "$add": [date(now), { "$min": [millis(max_delay), doubled] }] };
        let attempts = doc! { "$add": ["$resend.attempts", 1] };
        let postpone = vec![doc! { "$set": { "resend.at": later, "resend.attempts": attempts } }];
        self.update_pending(still_pending(ids), postpone).await
    }

    async fn make_due(&self, ids: &[OrderId], now: Timestamp) -> Result<(), StoreError> {
        let due = doc! { "$set": { "resend.at": date(now) }, "$inc": { "resend.attempts": -1 } };
        self.update_pending(still_pending(ids), due).await
    }
}

impl Store {
    async fn update_pending(
        &self,
        query: Document,
        update: impl Into<UpdateModifications> + Send,
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
    doc! { "_id": { "$in": object_ids(ids) }, "status": PENDING }
}

fn millis(duration: SignedDuration) -> i64 {
    // Leases and delays are minutes at most.
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
