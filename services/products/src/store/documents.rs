//! The documents as they are stored.

use domain::{CategoryName, Description, Money, OrderId, ProductId, ProductName, Stock};
use events::{ProductState, Reason, ReasonCode};
use mongo::decimal;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, DateTime, Decimal128};
use mongodb::error::Error;
use serde::{Deserialize, Serialize};

use crate::catalogue;
use crate::search;
use crate::stock;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Category {
    #[serde(rename = "_id")]
    pub(super) id: ObjectId,
    pub(super) name: CategoryName,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Product {
    #[serde(rename = "_id")]
    pub(super) id: ObjectId,
    pub(super) name: ProductName,
    pub(super) description: Description,
    pub(super) price: Decimal128,
    pub(super) quantity: Stock,
    pub(super) categories: Vec<ObjectId>,
    pub(super) version: i64,
    pub(super) created_at: DateTime,
    /// By which it is found.
    pub(super) words: Vec<String>,
    /// By which it has its place among names.
    #[serde(default)]
    pub(super) name_key: String,
}

/// Which order was decided, how, and on what.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Decision {
    #[serde(rename = "_id")]
    pub(super) id: ObjectId,
    pub(super) status: Status,
    pub(super) reason: Option<StoredReason>,
    pub(super) lines: Vec<Line>,
    pub(super) decided_at: DateTime,
    pub(super) stock: Vec<Seen>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Status {
    Accepted,
    Rejected,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct StoredReason {
    pub(super) code: String,
    pub(super) products: Vec<ProductName>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) product_id: ObjectId,
    pub(super) quantity: i32,
}

/// The stock that a decision saw.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Seen {
    pub(super) product_id: ObjectId,
    pub(super) version: i64,
    pub(super) available: i32,
}

/// A change by an admin; with decisions, it accounts for every version of a product.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Restock {
    /// Derived from the admin and the Idempotency-Key where there is one.
    #[serde(rename = "_id")]
    pub(super) id: ObjectId,
    pub(super) product_id: ObjectId,
    pub(super) delta: i64,
    pub(super) version: i64,
    pub(super) at: DateTime,
    /// If the price is another one than before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) repricing: Option<Repricing>,
    /// What was asked and answered, for a repeat with the same Idempotency-Key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) request: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) answer: Option<String>,
}

/// Another price. Their numbers are in the order in which they became true, without a gap, so that
/// whoever has seen one has seen all before it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Repricing {
    pub(super) number: i64,
    pub(super) former_price: Decimal128,
}

impl Product {
    pub(super) fn words(name: &ProductName, description: &Description) -> Vec<String> {
        search::words([name.as_str(), description.as_str()])
    }

    pub(super) fn price(&self) -> Result<Money, Error> {
        decimal::to_hundredths(self.price)
            .and_then(|minor| Money::from_minor(minor).ok())
            .ok_or_else(|| unreadable(self.id, self.price))
    }

    /// As orders is told of it.
    pub(super) fn state(&self) -> Result<ProductState, Error> {
        Ok(ProductState {
            id: ProductId::from_bytes(self.id.bytes()),
            name: self.name.clone(),
            price: self.price()?,
            quantity: self.quantity,
            version: self.version(),
        })
    }

    pub(super) fn version(&self) -> u64 {
        self.version.unsigned_abs()
    }

    /// As clients see it.
    pub(super) fn shown(self, categories: Vec<CategoryName>) -> Result<catalogue::Product, Error> {
        let price = self.price()?;
        Ok(catalogue::Product {
            name: self.name,
            description: self.description,
            price,
            quantity: self.quantity,
            categories,
        })
    }
}

pub(super) fn unreadable(product: ObjectId, price: Decimal128) -> Error {
    Error::custom(format!("product {product} has the price {price}"))
}

pub(super) fn price(money: Money) -> Decimal128 {
    decimal::from_hundredths(money.minor())
}

pub(super) fn object_id(product: ProductId) -> ObjectId {
    ObjectId::from_bytes(product.bytes())
}

pub(super) fn order_object_id(order: OrderId) -> ObjectId {
    ObjectId::from_bytes(order.bytes())
}

/// A number of pieces, which never exceeds 31 bits.
pub(super) fn pieces(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

pub(super) fn stock_bson(stock: Stock) -> Bson {
    Bson::Int32(pieces(stock.get()))
}

impl Decision {
    pub(super) fn of(decision: &stock::Decision, at: DateTime) -> Self {
        let order = &decision.order;
        let (status, reason) = match &decision.outcome {
            stock::Outcome::Accepted => (Status::Accepted, None),
            stock::Outcome::Rejected(short) => (
                Status::Rejected,
                Some(StoredReason {
                    code: "insufficient_stock".to_owned(),
                    products: short.clone(),
                }),
            ),
        };
        let line = |line: &stock::Line| Line {
            product_id: object_id(line.product),
            quantity: pieces(line.quantity.get()),
        };
        let seen = |(product, on_hand): &(ProductId, stock::OnHand)| Seen {
            product_id: object_id(*product),
            version: i64::try_from(on_hand.version).unwrap_or(i64::MAX),
            available: pieces(on_hand.quantity.get()),
        };
        Self {
            id: order_object_id(order.id),
            status,
            reason,
            lines: order.lines.iter().map(line).collect(),
            decided_at: at,
            stock: decision.seen.iter().map(seen).collect(),
        }
    }

    /// The event that tells of it.
    pub(super) fn event(&self) -> events::Event {
        let status = match self.status {
            Status::Accepted => events::OrderStatus::Accepted,
            Status::Rejected => events::OrderStatus::Rejected,
        };
        let reason = self.reason.as_ref().map(|reason| Reason {
            code: ReasonCode::InsufficientStock,
            products: reason.products.clone(),
        });
        events::Event::OrderStatusUpdate {
            order_id: OrderId::from_bytes(self.id.bytes()),
            status,
            reason,
        }
    }
}
