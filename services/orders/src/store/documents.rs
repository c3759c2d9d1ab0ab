//! The documents as they are stored, and the way to and from the domain.

use domain::Email;
use domain::{Money, OrderId, ProductId, ProductName, Quantity, Stock};
use events::{OrderLine, OrderStatus, Reason, ReasonCode};
use jiff::Timestamp;
use mongo::decimal;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, Decimal128};
use serde::{Deserialize, Serialize};

use super::error::StoreError;
use crate::checking::KnownProduct;
use crate::order::{BoughtLine, Order, PendingOrder, Status};
use domain::IdempotencyKey;

pub(super) const PENDING: &str = "PENDING";
pub(super) const ACCEPTED: &str = "ACCEPTED";
pub(super) const REJECTED: &str = "REJECTED";

pub(super) fn status_word(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Accepted => ACCEPTED,
        OrderStatus::Rejected => REJECTED,
    }
}

/// An order.
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
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LineDocument {
    pub(super) id: ObjectId,
    pub(super) name: String,
    pub(super) price: Decimal128,
    pub(super) quantity: i64,
}

/// When `OrderCreate` is due again, and how often it was sent again.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ResendDocument {
    pub(super) at: DateTime,
    pub(super) attempts: i64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct DecisionDocument {
    pub(super) at: DateTime,
    #[serde(default)]
    pub(super) reason: Option<ReasonDocument>,
    #[serde(default)]
    pub(super) client_email: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ReasonDocument {
    pub(super) code: ReasonCode,
    pub(super) products: Vec<ProductName>,
}

/// A product in the copy.
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

impl OrderDocument {
    pub(super) fn of_pending(order: &PendingOrder, resend_at: Timestamp) -> Self {
        Self {
            id: ObjectId::from_bytes(order.id.bytes()),
            client_email: order.buyer.as_str().to_owned(),
            status: PENDING.to_owned(),
            cost: decimal::from_hundredths(order.cost.minor()),
            products: order.lines.iter().map(LineDocument::of).collect(),
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

    /// The order as it was when it was placed, whatever has become of it.
    pub(super) fn into_placed(self) -> Result<PendingOrder, StoreError> {
        Ok(PendingOrder {
            id: OrderId::from_bytes(self.id.bytes()),
            buyer: Email::parse(&self.client_email)
                .map_err(|_| StoreError::Unreadable("client_email"))?,
            cost: money(self.cost)?,
            lines: self
                .products
                .into_iter()
                .map(LineDocument::into_line)
                .collect::<Result<_, _>>()?,
            created_at: timestamp(self.created_at)?,
            key: self
                .idempotency_key
                .and_then(|key| IdempotencyKey::parse(key.as_bytes()).ok()),
            traceparent: self.traceparent,
        })
    }

    /// The order as its buyer sees it.
    pub(super) fn into_order(self) -> Result<Order, StoreError> {
        let (decided_at, reason) = match self.decision {
            Some(decision) => (
                Some(timestamp(decision.at)?),
                decision.reason.map(Reason::from),
            ),
            None => (None, None),
        };
        let status = match self.status.as_str() {
            PENDING => Status::Pending,
            ACCEPTED => Status::Accepted,
            REJECTED => Status::Rejected(reason),
            _ => return Err(StoreError::Unreadable("status")),
        };
        Ok(Order {
            id: OrderId::from_bytes(self.id.bytes()),
            status,
            cost: money(self.cost)?,
            lines: self
                .products
                .into_iter()
                .map(LineDocument::into_bought)
                .collect::<Result<_, _>>()?,
            created_at: timestamp(self.created_at)?,
            decided_at,
        })
    }
}

impl LineDocument {
    pub(super) fn of(line: &OrderLine) -> Self {
        Self {
            id: ObjectId::from_bytes(line.id.bytes()),
            name: line.name.as_str().to_owned(),
            price: decimal::from_hundredths(line.price.minor()),
            quantity: i64::from(line.quantity.get()),
        }
    }

    fn into_line(self) -> Result<OrderLine, StoreError> {
        let id = ProductId::from_bytes(self.id.bytes());
        let BoughtLine {
            name,
            price,
            quantity,
        } = self.into_bought()?;
        Ok(OrderLine {
            id,
            name,
            price,
            quantity,
        })
    }

    fn into_bought(self) -> Result<BoughtLine, StoreError> {
        Ok(BoughtLine {
            name: ProductName::try_from(self.name).map_err(|_| StoreError::Unreadable("name"))?,
            price: money(self.price)?,
            quantity: Quantity::try_from(self.quantity)
                .map_err(|_| StoreError::Unreadable("quantity"))?,
        })
    }
}

impl ProductDocument {
    pub(super) fn into_known(self) -> Result<(ProductName, KnownProduct), StoreError> {
        let name = ProductName::try_from(self.name).map_err(|_| StoreError::Unreadable("name"))?;
        let product = KnownProduct {
            id: ProductId::from_bytes(self.id.bytes()),
            price: money(self.price)?,
            stock: Stock::try_from(self.quantity)
                .map_err(|_| StoreError::Unreadable("quantity"))?,
        };
        Ok((name, product))
    }
}

impl From<ReasonDocument> for Reason {
    fn from(reason: ReasonDocument) -> Self {
        Self {
            code: reason.code,
            products: reason.products,
        }
    }
}

impl From<Reason> for ReasonDocument {
    fn from(reason: Reason) -> Self {
        Self {
            code: reason.code,
            products: reason.products,
        }
    }
}

pub(super) fn date(time: Timestamp) -> DateTime {
    DateTime::from_millis(time.as_millisecond())
}

pub(super) fn timestamp(date: DateTime) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(date.timestamp_millis())
        .map_err(|_| StoreError::Unreadable("a time"))
}

fn money(decimal: Decimal128) -> Result<Money, StoreError> {
    decimal::to_hundredths(decimal)
        .and_then(|minor| Money::from_minor(minor).ok())
        .ok_or(StoreError::Unreadable("an amount"))
}
