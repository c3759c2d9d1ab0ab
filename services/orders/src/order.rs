//! Orders. An order is placed as PENDING and decided once: ACCEPTED, REJECTED, or a status that only a
//! later release of products knows.

use domain::{Email, IdempotencyKey, Money, OrderId, ProductId, ProductName, Quantity};
use events::ReasonCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An order that has no decision yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PendingOrder {
    pub(crate) id: OrderId,
    pub(crate) buyer: Email,
    /// The sum of its lines.
    pub(crate) cost: Money,
    /// Its lines: at least one, no product twice.
    pub(crate) lines: Vec<Line>,
    /// When it was placed, in whole milliseconds.
    pub(crate) created_at: Timestamp,
    pub(crate) key: Option<IdempotencyKey>,
    pub(crate) traceparent: Option<String>,
    pub(crate) rendering: Rendering,
}

/// The form of the response to placing an order. It is stored with the order, so that a repeat gets
/// the response of the first request, even if a later release responds in another form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rendering {
    /// Of the releases that did not store it: the time has as many decimals as it needs.
    Unversioned,
    /// The time has three decimals.
    V1,
}

impl Rendering {
    /// The form for new orders.
    pub(crate) const CURRENT: Self = Self::V1;
}

/// A line of an order, with the product's name and price when the order was placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) product: ProductId,
    pub(crate) name: ProductName,
    /// The price of one item.
    pub(crate) price: Money,
    pub(crate) quantity: Quantity,
}

/// The outcome of a decision. There is no pending outcome, so no decision can make an order pending
/// again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The items are taken from the stock.
    Accepted,
    /// Nothing is taken from the stock.
    Rejected(Option<Rejection>),
    /// A status that only a later release knows. It is passed on as it is.
    Other {
        status: String,
        reason: Option<Rejection>,
    },
}

/// The reason for a rejection. It is stored and sent to clients in this shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rejection {
    pub(crate) code: ReasonCode,
    /// The first products concerned.
    pub(crate) products: Vec<ProductName>,
    /// How many more there are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) more: u32,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
pub(crate) fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A decision about an order. It applies only while the order is pending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) id: OrderId,
    pub(crate) outcome: Outcome,
    /// When products decided.
    pub(crate) at: Timestamp,
}

/// An order with its decision. Only [`PendingOrder::decide`] creates one, and a decided order has no
/// transition. The database has the same rule: it applies a [`Decision`] only to a pending order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DecidedOrder {
    placed: PendingOrder,
    outcome: Outcome,
    decided_at: Option<Timestamp>,
}

/// An order in its current state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Pending(PendingOrder),
    Decided(DecidedOrder),
}

/// A position in a buyer's list of orders: that of the order with these values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) created_at: Timestamp,
    /// Orders those of the same millisecond.
    pub(crate) id: OrderId,
}

impl PendingOrder {
    /// Approximately the bytes that the order has in memory.
    pub(crate) fn size(&self) -> usize {
        let line = |line: &Line| size_of::<Line>() + line.name.as_str().len();
        size_of::<Self>() + self.lines.iter().map(line).sum::<usize>()
    }

    /// Decides the order; `at` is `None` if the time was not recorded.
    pub(crate) fn decide(self, outcome: Outcome, at: Option<Timestamp>) -> DecidedOrder {
        DecidedOrder {
            placed: self,
            outcome,
            decided_at: at,
        }
    }
}

impl DecidedOrder {
    /// Returns the order as it was placed, the outcome, and when it was decided.
    pub(crate) fn into_parts(self) -> (PendingOrder, Outcome, Option<Timestamp>) {
        (self.placed, self.outcome, self.decided_at)
    }
}

impl Order {
    /// The position of the order in its buyer's list.
    pub(crate) fn cursor(&self) -> Cursor {
        let (Self::Pending(placed) | Self::Decided(DecidedOrder { placed, .. })) = self;
        Cursor {
            created_at: placed.created_at,
            id: placed.id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_a_pending_order_when_decided_then_only_its_state_changes() {
        let placed = PendingOrder {
            id: OrderId::from_bytes([1; 12]),
            buyer: Email::parse("aaa@aaa.com").expect("an address"),
            cost: Money::ZERO,
            lines: Vec::new(),
            created_at: Timestamp::UNIX_EPOCH,
            key: None,
            traceparent: None,
            rendering: Rendering::CURRENT,
        };
        let decided = placed
            .clone()
            .decide(Outcome::Accepted, Some(Timestamp::MAX));
        assert_eq!(
            decided.into_parts(),
            (placed, Outcome::Accepted, Some(Timestamp::MAX))
        );
    }
}
