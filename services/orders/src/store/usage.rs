//! What accounts have ordered, counted in their orders.

use std::collections::HashMap;

use domain::Email;
use jiff::Timestamp;
use mongo::time::{date, timestamp};
use mongodb::bson::{DateTime, Document, doc};
use mongodb::error::Error;
use mongodb::options::{AggregateOptions, Hint};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Store;
use super::documents::PENDING;
use super::indexes::{LIST_INDEX, PENDING_OF_BUYER_INDEX};
use crate::limits::{AccountLimits, AccountUsage};
use crate::ports::StoreError;

#[derive(Debug, Deserialize)]
struct PlacedOrders {
    #[serde(rename = "_id")]
    buyer: String,
    orders: i64,
    first: DateTime,
}

#[derive(Debug, Deserialize)]
struct PendingItems {
    #[serde(rename = "_id")]
    buyer: String,
    items: i64,
}

impl Store {
    /// Counts what `limits` limit. Reads only the index for the orders since `since`, and the pending
    /// orders.
    pub(super) async fn count_usage(
        &self,
        buyers: &[Email],
        since: Timestamp,
        limits: AccountLimits,
    ) -> Result<HashMap<Email, AccountUsage>, StoreError> {
        let of_buyers: Vec<&str> = buyers.iter().map(Email::as_str).collect();
        let (placed, pending) = tokio::try_join!(
            async {
                if limits.orders.is_none() {
                    return Ok(Vec::new());
                }
                self.placed_orders_of(&of_buyers, since).await
            },
            async {
                if limits.pending_items.is_none() {
                    return Ok(Vec::new());
                }
                self.pending_items_of(&of_buyers).await
            },
        )?;
        let mut usage: HashMap<&str, AccountUsage> = HashMap::new();
        for PlacedOrders {
            buyer,
            orders,
            first,
        } in &placed
        {
            let usage = usage.entry(buyer.as_str()).or_default();
            usage.orders = count(*orders);
            usage.first_order_at = Some(timestamp(*first));
        }
        for PendingItems { buyer, items } in &pending {
            usage.entry(buyer.as_str()).or_default().pending_items = count(*items);
        }
        let of_buyer = |buyer: &Email| Some((buyer.clone(), *usage.get(buyer.as_str())?));
        Ok(buyers.iter().filter_map(of_buyer).collect())
    }

    async fn placed_orders_of(
        &self,
        buyers: &[&str],
        since: Timestamp,
    ) -> Result<Vec<PlacedOrders>, Error> {
        let pipeline = [
            doc! { "$match": {
                "client_email": { "$in": buyers }, "created_at": { "$gt": date(since) },
            } },
            doc! { "$group": {
                "_id": "$client_email",
                "orders": { "$sum": 1_i64 },
                "first": { "$min": "$created_at" },
            } },
        ];
        self.aggregate(pipeline, LIST_INDEX).await
    }

    async fn pending_items_of(&self, buyers: &[&str]) -> Result<Vec<PendingItems>, Error> {
        let pipeline = [
            doc! { "$match": { "client_email": { "$in": buyers }, "status": PENDING } },
            doc! { "$group": {
                "_id": "$client_email",
                "items": { "$sum": { "$sum": "$products.quantity" } },
            } },
        ];
        self.aggregate(pipeline, PENDING_OF_BUYER_INDEX).await
    }

    async fn aggregate<T: DeserializeOwned>(
        &self,
        pipeline: [Document; 2],
        index: &str,
    ) -> Result<Vec<T>, Error> {
        let options = AggregateOptions::builder()
            .hint(Hint::Name(index.to_owned()))
            .max_time(mongo::time_left())
            .build();
        let mut found = self
            .orders
            .aggregate(pipeline)
            .with_options(options)
            .await?;
        let mut all = Vec::new();
        while found.advance().await? {
            all.push(mongodb::bson::deserialize_from_slice(
                found.current().as_bytes(),
            )?);
        }
        Ok(all)
    }
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
