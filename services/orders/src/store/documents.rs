//! The stored documents, and their conversion from and to the domain types.

use domain::{Email, IdempotencyKey, Money, OrderId, ProductId, ProductName, Quantity, Stock};
use jiff::Timestamp;
use mongo::decimal;
use mongo::time::{date, timestamp};
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, Decimal128};
use serde::{Deserialize, Serialize};

use crate::order::{Line, Order, Outcome, PendingOrder, Rejection, Rendering};
use crate::ports::StoreError;
use crate::product::ProductCopy;

pub(super) const PENDING: &str = "PENDING";
pub(super) const ACCEPTED: &str = "ACCEPTED";
pub(super) const REJECTED: &str = "REJECTED";

/// A product in the product copy.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ProductDocument {
    #[serde(rename = "_id")]
    pub(super) id: ObjectId,
    pub(super) name: String,
    pub(super) price: Decimal128,
    pub(super) quantity: i64,
    #[serde(default)]
    pub(super) version: i64,
}

impl ProductDocument {
    pub(super) fn into_copy(self) -> Result<(ProductName, ProductCopy), StoreError> {
        let product = ProductCopy {
            id: ProductId::from_bytes(self.id.bytes()),
            price: money(self.price)?,
            stock: Stock::try_from(self.quantity)
                .map_err(|_| StoreError::Unreadable("quantity"))?,
        };
        Ok((product_name(self.name)?, product))
    }
}

/// An order. While it is pending, it is also the record that `OrderCreate` must be published.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct OrderDocument {
    #[serde(rename = "_id")]
    pub(super) id: ObjectId,
    pub(super) client_email: String,
    pub(super) status: String,
    pub(super) cost: Decimal128,
    pub(super) products: Vec<LineDocument>,
    pub(super) created_at: DateTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) idempotency_key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) traceparent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) resend: Option<ResendDocument>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) decision: Option<DecisionDocument>,
    #[serde(default)]
    pub(super) rendering: RenderingDocument,
}

/// The number of a [`Rendering`]; 0 in the documents of releases that did not store it.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct RenderingDocument(i32);

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LineDocument {
    pub(super) id: ObjectId,
    pub(super) name: String,
    pub(super) price: Decimal128,
    pub(super) quantity: i64,
}

/// When `OrderCreate` is due again, and how often it was resent.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ResendDocument {
    at: DateTime,
    attempts: i64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct DecisionDocument {
    pub(super) at: DateTime,
    #[serde(default)]
    pub(super) reason: Option<Rejection>,
    #[serde(default)]
    pub(super) client_email: String,
}

impl OrderDocument {
    pub(super) fn from_pending(order: &PendingOrder, resend_at: Timestamp) -> Self {
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
            rendering: order.rendering.into(),
        }
    }

    /// The order as it was placed, whatever its current state is.
    pub(super) fn into_placed(self) -> Result<PendingOrder, StoreError> {
        Ok(PendingOrder {
            id: OrderId::from_bytes(self.id.bytes()),
            buyer: email(&self.client_email)?,
            cost: money(self.cost)?,
            lines: self
                .products
                .into_iter()
                .map(Line::try_from)
                .collect::<Result<_, _>>()?,
            created_at: timestamp(self.created_at),
            key: self
                .idempotency_key
                .and_then(|key| IdempotencyKey::parse(key.as_bytes()).ok()),
            traceparent: self.traceparent,
            rendering: self.rendering.into(),
        })
    }

    /// The order in its current state.
    pub(super) fn into_order(mut self) -> Result<Order, StoreError> {
        if self.status == PENDING {
            return self.into_placed().map(Order::Pending);
        }
        let decision = self.decision.take();
        let decided_at = decision.as_ref().map(|decision| timestamp(decision.at));
        let reason = decision.and_then(|decision| decision.reason);
        let outcome = outcome(&self.status, reason);
        let placed = self.into_placed()?;
        Ok(Order::Decided(placed.decide(outcome, decided_at)))
    }
}

impl DecisionDocument {
    /// The outcome of a decision that set `status`.
    pub(super) fn into_outcome(self, status: &str) -> Outcome {
        outcome(status, self.reason)
    }

    pub(super) fn buyer(&self) -> Result<Email, StoreError> {
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

impl From<Rendering> for RenderingDocument {
    fn from(rendering: Rendering) -> Self {
        Self(match rendering {
            Rendering::Unversioned => 0,
            Rendering::V1 => 1,
        })
    }
}

impl From<RenderingDocument> for Rendering {
    fn from(RenderingDocument(number): RenderingDocument) -> Self {
        match number {
            0 => Self::Unversioned,
            1 => Self::V1,
            // Of a later release that was rolled back. This one cannot do better.
            _ => Self::CURRENT,
        }
    }
}

fn outcome(status: &str, reason: Option<Rejection>) -> Outcome {
    match status {
        ACCEPTED => Outcome::Accepted,
        REJECTED => Outcome::Rejected(reason),
        other => Outcome::Other {
            status: other.to_owned(),
            reason,
        },
    }
}

fn email(address: &str) -> Result<Email, StoreError> {
    Email::parse(address).map_err(|_| StoreError::Unreadable("client_email"))
}

fn money(decimal: Decimal128) -> Result<Money, StoreError> {
    decimal::to_hundredths(decimal)
        .and_then(|minor| Money::from_minor(minor).ok())
        .ok_or(StoreError::Unreadable("amount"))
}

fn product_name(name: String) -> Result<ProductName, StoreError> {
    ProductName::try_from(name).map_err(|_| StoreError::Unreadable("name"))
}
