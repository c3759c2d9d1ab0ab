//! Decisions about orders.

use domain::OrderId;
use events::{OrderStatus, Reason};
use mongo::time::{date, timestamp};
use mongodb::bson::DateTime;
use mongodb::bson::oid::ObjectId;
use serde::{Deserialize, Serialize};

use super::{object_id, units, version_to_i64};
use crate::ports::EarlierDecision;
use crate::stock;

/// A decision about an order. Its status and its reason have the form of the event.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::store) struct Decision {
    #[serde(rename = "_id")]
    pub(in crate::store) id: ObjectId,
    pub(in crate::store) status: OrderStatus,
    pub(in crate::store) reason: Option<Reason>,
    pub(in crate::store) lines: Vec<Line>,
    pub(in crate::store) decided_at: DateTime,
    /// When the order was placed. A decision without it is never archived: those of earlier releases
    /// and of the development data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::store) placed_at: Option<DateTime>,
    pub(in crate::store) stock: Vec<StockSeen>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::store) struct Line {
    pub(in crate::store) product_id: ObjectId,
    pub(in crate::store) quantity: i32,
}

/// The stock before a decision.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::store) struct StockSeen {
    product_id: ObjectId,
    version: i64,
    available: i32,
}

impl Decision {
    pub(in crate::store) fn of(decision: &stock::Decision, at: DateTime) -> Self {
        let order = &decision.order;
        let (status, reason) = decision.outcome.published();
        let line = |line: &stock::Line| Line {
            product_id: object_id(line.product),
            quantity: units(line.quantity.get()),
        };
        let seen = |seen: &stock::StockSeen| StockSeen {
            product_id: object_id(seen.product),
            version: version_to_i64(seen.version),
            available: units(seen.available.get()),
        };
        Self {
            id: ObjectId::from_bytes(order.id.bytes()),
            status,
            reason,
            lines: order.lines.iter().map(line).collect(),
            decided_at: at,
            placed_at: order.placed_at.map(date),
            stock: decision.seen.iter().map(seen).collect(),
        }
    }

    pub(in crate::store) fn into_earlier(self) -> (OrderId, EarlierDecision) {
        let decision = EarlierDecision {
            status: self.status,
            reason: self.reason,
            decided_at: timestamp(self.decided_at),
        };
        (OrderId::from_bytes(self.id.bytes()), decision)
    }
}
