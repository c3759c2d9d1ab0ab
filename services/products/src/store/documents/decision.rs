//! Decisions about orders.

use domain::{OrderId, ProductName};
use mongo::time::{date, timestamp};
use mongodb::bson::DateTime;
use mongodb::bson::oid::ObjectId;
use serde::{Deserialize, Serialize};

use super::{object_id, units, version_to_i64};
use crate::ports::EarlierDecision;
use crate::stock::{self, Shortage};

/// A decision about an order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::store) struct Decision {
    #[serde(rename = "_id")]
    pub(in crate::store) id: ObjectId,
    pub(in crate::store) status: Status,
    pub(in crate::store) reason: Option<StoredReason>,
    pub(in crate::store) lines: Vec<Line>,
    pub(in crate::store) decided_at: DateTime,
    /// When the order was placed. A decision without it is never archived: those of earlier releases
    /// and of the development data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::store) placed_at: Option<DateTime>,
    pub(in crate::store) stock: Vec<StockSeen>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(in crate::store) enum Status {
    Accepted,
    Rejected,
    /// Of a later release.
    #[serde(untagged)]
    Other(String),
}

/// The only code of a reason that this release stores.
pub(in crate::store) const INSUFFICIENT_STOCK: &str = "insufficient_stock";

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::store) struct StoredReason {
    pub(in crate::store) code: String,
    /// The first products with insufficient stock; all of them in documents of earlier releases.
    pub(in crate::store) products: Vec<ProductName>,
    /// How many more there are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(in crate::store) more: u32,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
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
        let (status, reason) = match &decision.outcome {
            stock::Outcome::Accepted => (Status::Accepted, None),
            stock::Outcome::Rejected(short) => {
                let reason = StoredReason {
                    code: INSUFFICIENT_STOCK.to_owned(),
                    products: short.products.clone(),
                    more: short.more,
                };
                (Status::Rejected, Some(reason))
            }
        };
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
        let outcome = match (self.status, self.reason) {
            (Status::Accepted, _) => Some(stock::Outcome::Accepted),
            (Status::Rejected, None) => Some(stock::Outcome::Rejected(Shortage::default())),
            (Status::Rejected, Some(reason)) if reason.code == INSUFFICIENT_STOCK => {
                Some(stock::Outcome::Rejected(Shortage {
                    products: reason.products,
                    more: reason.more,
                }))
            }
            (Status::Rejected | Status::Other(_), _) => None,
        };
        let decision = EarlierDecision {
            outcome,
            decided_at: timestamp(self.decided_at),
        };
        (OrderId::from_bytes(self.id.bytes()), decision)
    }
}
