//! An order and its life: PENDING, then ACCEPTED or REJECTED, once, never back.

use domain::Email;
use domain::{Money, OrderId, ProductName, Quantity};
use events::{Event, OrderLine, OrderPlaced, OrderStatus, PlacedStatus, Reason};
use jiff::Timestamp;

use domain::IdempotencyKey;

/// An order that was placed and that products has yet to decide about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingOrder {
    /// Its id.
    pub id: OrderId,
    /// Whose it is.
    pub buyer: Email,
    /// What it costs.
    pub cost: Money,
    /// What was ordered, at the prices of the placing.
    pub lines: Vec<OrderLine>,
    /// When it was placed, in whole milliseconds.
    pub created_at: Timestamp,
    /// What the buyer called the placing.
    pub key: Option<IdempotencyKey>,
    /// The trace of the placing.
    pub traceparent: Option<String>,
}

impl PendingOrder {
    /// What products has to hear.
    pub fn event(&self) -> Event {
        Event::OrderCreate {
            order: OrderPlaced {
                id: self.id,
                client_email: self.buyer.as_str().to_owned(),
                cost: self.cost,
                status: PlacedStatus::Pending,
                products: self.lines.clone(),
            },
        }
    }
}

/// Where an order is in its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nobody has decided yet.
    Pending,
    /// The pieces are the buyer's.
    Accepted,
    /// Nothing was taken from the stock.
    Rejected(Option<Reason>),
}

/// An order as its buyer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// Where it is in its life.
    pub status: Status,
    /// What it costs.
    pub cost: Money,
    /// What was ordered.
    pub lines: Vec<BoughtLine>,
    /// When it was placed.
    pub created_at: Timestamp,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
}

/// A line as the buyer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoughtLine {
    /// The product's name when the order was placed.
    pub name: ProductName,
    /// Its price when the order was placed.
    pub price: Money,
    /// How many pieces.
    pub quantity: Quantity,
}

/// How an order ended, as products decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Which order.
    pub id: OrderId,
    /// How it ended.
    pub status: OrderStatus,
    /// Why, if it was rejected.
    pub reason: Option<Reason>,
    /// When it was decided.
    pub at: Timestamp,
}

/// A place in a buyer's list of orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// When the order there was placed.
    pub created_at: Timestamp,
    /// Which of those placed in that millisecond it is.
    pub id: OrderId,
}

/// `time` in whole milliseconds, which is what the database keeps: an answer must not say more
/// than its repeat can.
pub fn whole_millis(time: Timestamp) -> Timestamp {
    // Truncating a valid time gives a valid time.
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}
