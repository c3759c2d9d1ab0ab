//! The differences between the orders and the decisions about them, read in the order of their ids, so
//! that memory does not depend on their number.

use anyhow::Result;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, doc};
use mongodb::{Cursor, Database};
use serde::Deserialize;
use serde::de::DeserializeOwned;

const PENDING: &str = "PENDING";

/// An order in the database of orders.
#[derive(Deserialize)]
struct Order {
    #[serde(rename = "_id")]
    id: ObjectId,
    status: String,
    created_at: DateTime,
}

/// A decision in the database of products.
#[derive(Deserialize)]
pub(super) struct Decision {
    #[serde(rename = "_id")]
    pub(super) id: ObjectId,
    status: String,
    pub(super) lines: Vec<Line>,
}

#[derive(Deserialize)]
pub(super) struct Line {
    pub(super) product_id: ObjectId,
    pub(super) quantity: i32,
}

pub(super) enum Difference {
    /// A decided order without a decision.
    NoDecision {
        order: ObjectId,
        placed_at: DateTime,
    },
    /// An order that was decided in another way.
    OtherDecision { order: ObjectId },
    /// A decision without an order.
    NoOrder { decision: Decision },
}

impl Decision {
    pub(super) fn took_stock(&self) -> bool {
        self.status == "ACCEPTED"
    }
}

/// Both collections, with the next document of each.
pub(super) struct Comparison {
    orders: Cursor<Order>,
    decisions: Cursor<Decision>,
    order: Option<Order>,
    decision: Option<Decision>,
}

impl Comparison {
    pub(super) async fn start(products: &Database, orders: &Database) -> Result<Self> {
        let by_id = doc! { "_id": 1 };
        let mut orders = orders
            .collection("orders")
            .find(doc! {})
            .sort(by_id.clone())
            .projection(doc! { "status": 1, "created_at": 1 })
            .await?;
        let mut decisions = products
            .collection("orders")
            .find(doc! {})
            .sort(by_id)
            .projection(doc! { "status": 1, "lines": 1 })
            .await?;
        Ok(Self {
            order: next(&mut orders).await?,
            decision: next(&mut decisions).await?,
            orders,
            decisions,
        })
    }

    /// The next difference, or `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Difference>> {
        loop {
            let order = self.order.as_ref().map(|order| order.id);
            let decision = self.decision.as_ref().map(|decision| decision.id);
            let first = match (order, decision) {
                (None, None) => return Ok(None),
                (Some(order), Some(decision)) => order.min(decision),
                (order, decision) => order.or(decision).unwrap_or_default(),
            };
            let (mut order_of_id, mut decision_of_id) = (None, None);
            if order == Some(first) {
                order_of_id = self.order.take();
                self.order = next(&mut self.orders).await?;
            }
            if decision == Some(first) {
                decision_of_id = self.decision.take();
                self.decision = next(&mut self.decisions).await?;
            }
            if let Some(difference) = difference(order_of_id, decision_of_id) {
                return Ok(Some(difference));
            }
        }
    }
}

fn difference(order: Option<Order>, decision: Option<Decision>) -> Option<Difference> {
    match (order, decision) {
        (Some(order), None) if order.status != PENDING => Some(Difference::NoDecision {
            order: order.id,
            placed_at: order.created_at,
        }),
        (Some(order), Some(decision))
            if order.status != PENDING && order.status != decision.status =>
        {
            Some(Difference::OtherDecision { order: order.id })
        }
        (None, Some(decision)) => Some(Difference::NoOrder { decision }),
        _ => None,
    }
}

async fn next<T: DeserializeOwned>(cursor: &mut Cursor<T>) -> Result<Option<T>> {
    if cursor.advance().await? {
        return Ok(Some(mongodb::bson::deserialize_from_slice(
            cursor.current().as_bytes(),
        )?));
    }
    Ok(None)
}
