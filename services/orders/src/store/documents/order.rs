//! The document of an order.

use domain::{Email, IdempotencyKey, OrderId, ProductId, Quantity};
use jiff::Timestamp;
use mongo::decimal;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, Decimal128};
use serde::{Deserialize, Serialize};

use super::{date, money, product_name, timestamp};
use crate::order::{Line, Order, Outcome, PendingOrder, Rejection};
use crate::ports::StoreError;

pub(in crate::store) const PENDING: &str = "PENDING";
pub(in crate::store) const ACCEPTED: &str = "ACCEPTED";
pub(in crate::store) const REJECTED: &str = "REJECTED";

/// An order. While it is pending, it is also the record that `OrderCreate` must be published.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct OrderDocument {
    #[serde(rename = "_id")]
    pub(in crate::store) id: ObjectId,
    pub(in crate::store) client_email: String,
    pub(in crate::store) status: String,
    pub(in crate::store) cost: Decimal128,
    pub(in crate::store) products: Vec<LineDocument>,
    pub(in crate::store) created_at: DateTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::store) idempotency_key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::store) traceparent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::store) resend: Option<ResendDocument>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::store) decision: Option<DecisionDocument>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct LineDocument {
    pub(in crate::store) id: ObjectId,
    pub(in crate::store) name: String,
    pub(in crate::store) price: Decimal128,
    pub(in crate::store) quantity: i64,
}

/// When `OrderCreate` is due again, and how often it was resent.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct ResendDocument {
    at: DateTime,
    attempts: i64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct DecisionDocument {
    pub(in crate::store) at: DateTime,
    #[serde(default)]
    pub(in crate::store) reason: Option<Rejection>,
    #[serde(default)]
    pub(in crate::store) client_email: String,
}

impl OrderDocument {
    pub(in crate::store) fn from_pending(order: &PendingOrder, resend_at: Timestamp) -> Self {
        Self {
            id: ObjectId::from_bytes(order.id.bytes()),
            client_email: order.buyer.as_str().to_owned(),
            status: PENDING.to_owned(),
            cost: decimal::from_hundredths(order.cost.minor()),
            products: order.lines.iter().map(LineDocument::from).collect(),
            created_at: date(order.created_at),
            idempotency_key: order.key.as_ref().map(|key| key.as_str().to_owned()),
            traceparent: order.traceparent.clone(),
            resend: Some(ResendDocument {
                at: date(resend_at),
                attempts: 0,
            }),
            decision: None,
        }
    }

    /// The order as it was placed, whatever its current state is.
    pub(in crate::store) fn into_placed(self) -> Result<PendingOrder, StoreError> {
        Ok(PendingOrder {
            id: OrderId::from_bytes(self.id.bytes()),
            buyer: email(&self.client_email)?,
            cost: money(self.cost)?,
            lines: self
                .products
                .into_iter()
                .map(Line::try_from)
                .collect::<Result<_, _>>()?,
            created_at: timestamp(self.created_at)?,
            key: self
                .idempotency_key
                .and_then(|key| IdempotencyKey::parse(key.as_bytes()).ok()),
            traceparent: self.traceparent,
        })
    }

    /// The order in its current state.
    pub(in crate::store) fn into_order(mut self) -> Result<Order, StoreError> {
        if self.status == PENDING {
            return self.into_placed().map(Order::Pending);
        }
        let decision = self
            .decision
            .take()
            .ok_or(StoreError::Unreadable("decision"))?;
        let decided_at = timestamp(decision.at)?;
        let outcome = decision.into_outcome(&self.status)?;
        let placed = self.into_placed()?;
        Ok(Order::Decided(placed.decide(outcome, decided_at)))
    }
}

impl DecisionDocument {
    /// The outcome of a decision that set `status`.
    pub(in crate::store) fn into_outcome(self, status: &str) -> Result<Outcome, StoreError> {
        match status {
            ACCEPTED => Ok(Outcome::Accepted),
            REJECTED => Ok(Outcome::Rejected(self.reason)),
            _ => Err(StoreError::Unreadable("status")),
        }
    }

    pub(in crate::store) fn buyer(&self) -> Result<Email, StoreError> {
        email(&self.client_email)
    }
}

impl From<&Line> for LineDocument {
    fn from(line: &Line) -> Self {
        Self {
            id: ObjectId::from_bytes(line.product.bytes()),
            name: line.name.as_str().to_owned(),
            price: decimal::from_hundredths(line.price.minor()),
            quantity: i64::from(line.quantity.get()),
        }
    }
}

impl TryFrom<LineDocument> for Line {
    type Error = StoreError;

    fn try_from(line: LineDocument) -> Result<Self, StoreError> {
        Ok(Self {
            product: ProductId::from_bytes(line.id.bytes()),
            name: product_name(line.name)?,
            price: money(line.price)?,
            quantity: Quantity::try_from(line.quantity)
                .map_err(|_| StoreError::Unreadable("quantity"))?,
        })
    }
}

fn email(address: &str) -> Result<Email, StoreError> {
    Email::parse(address).map_err(|_| StoreError::Unreadable("client_email"))
}
