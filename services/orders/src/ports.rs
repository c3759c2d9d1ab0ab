//! The ports of the use cases: what they need from the database, the broker and the clock.
//!
//! A port returns every outcome of the real dependency (conflict, timeout, unknown write,
//! unavailable), so an in-memory implementation can reproduce each of them.

use std::collections::HashMap;
use std::sync::Arc;

use domain::{Email, OrderId, ProductName};
use jiff::{SignedDuration, Timestamp};
pub(crate) use runtime::clock::Clock;
use runtime::lifecycle::Failure;

use crate::limits::{AccountLimits, AccountUsage};
use crate::order::{Decision, PendingOrder};
use crate::product::{ProductCopy, ProductState};

/// A failed call of the database. After a failed write it is unknown whether the write happened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// The database is down or busy, or did not respond within the timeout. A retry can succeed.
    #[error(transparent)]
    Unavailable(Failure),
    /// The write happened, but the database cannot make it durable now. A retry can succeed.
    #[error("the database cannot make a write durable")]
    NotDurable,
    /// The database refused the documents themselves, or they cannot be read. No retry can succeed.
    #[error(transparent)]
    Refused(Failure),
    /// The operation failed for another reason.
    #[error(transparent)]
    Failed(Failure),
    /// A stored document does not have the expected shape.
    #[error("cannot read a stored document: invalid {0}")]
    Unreadable(&'static str),
}

impl StoreError {
    /// Whether a retry can succeed.
    pub(crate) fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::NotDurable)
    }

    /// Whether the documents themselves are the cause, so that a retry with the same ones cannot
    /// succeed.
    pub(crate) fn is_permanent(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Unreadable(_))
    }
}

/// The outcome of one order in an insert of many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Insertion {
    /// The order is stored durably.
    Done,
    /// An order with this id exists.
    Duplicate,
    /// The order is not stored.
    Failed,
}

/// The orders and the product copy, as placing orders needs them. Each operation ends after a timeout.
pub(crate) trait OrderBook: Clone + Send + Sync + 'static {
    /// Returns an id that no other order has.
    fn new_id(&self) -> OrderId;

    /// Returns the orders with these `ids`, as they were placed.
    fn placed_orders(
        &self,
        ids: &[OrderId],
    ) -> impl Future<Output = Result<HashMap<OrderId, Arc<PendingOrder>>, StoreError>> + Send;

    /// Returns the copies of the products with these `names`.
    fn products(
        &self,
        names: &[&ProductName],
    ) -> impl Future<Output = Result<HashMap<ProductName, ProductCopy>, StoreError>> + Send;

    /// Returns what each of `buyers` has ordered, as far as `limits` limit it; their orders in an hour
    /// are those since `since`.
    fn usage(
        &self,
        buyers: &[Email],
        since: Timestamp,
        limits: AccountLimits,
    ) -> impl Future<Output = Result<HashMap<Email, AccountUsage>, StoreError>> + Send;

    /// Stores `orders` and returns the outcome of each. `OrderCreate` is due again `lease` after
    /// the placing.
    fn insert(
        &self,
        orders: &[Arc<PendingOrder>],
        lease: SignedDuration,
    ) -> impl Future<Output = Result<Vec<Insertion>, StoreError>> + Send;
}

/// Which due orders the sweeper publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResendState {
    /// Those that no sweeper has published: the broker may not have the message.
    Unsent,
    /// All: the broker has most messages, and products has not decided yet.
    Any,
}

/// The delays between two resends of an order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    /// The first one, which is doubled for every resend.
    pub(crate) first: SignedDuration,
    pub(crate) longest: SignedDuration,
    /// No replica with a correct clock postpones an order further than this from now. An order that is
    /// due later got its time from a clock that is far ahead, and is due as well.
    pub(crate) horizon: SignedDuration,
}

/// The maximum size of a batch of orders. An order with more bytes is alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchLimit {
    pub(crate) orders: i64,
    pub(crate) bytes: i64,
}

/// Due orders that only this replica publishes, until they are due again.
#[derive(Debug)]
pub(crate) struct Claim {
    /// Identifies the claim in the database.
    pub(crate) id: [u8; 12],
    pub(crate) orders: Vec<Arc<PendingOrder>>,
}

/// How long after its placing a pending order is published again. Longer than
/// [`messaging::producer::DELIVERY_TIMEOUT`], so that a delivery in progress is not repeated.
pub(crate) const LEASE: SignedDuration = SignedDuration::from_secs(5);

/// The pending orders, as a queue by the time at which `OrderCreate` is due again.
pub(crate) trait ResendQueue: Clone + Send + Sync + 'static {
    /// Claims the orders that are due at `now`, longest due first, up to `limit`, and postpones them.
    fn claim(
        &self,
        now: Timestamp,
        backoff: Backoff,
        state: ResendState,
        limit: BatchLimit,
    ) -> impl Future<Output = Result<Claim, StoreError>> + Send;

    /// Gives up a claim to some orders, which are due at `due`. Their last resend does not count.
    fn release(
        &self,
        claim: &Claim,
        orders: &[OrderId],
        due: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// The orders and the product copy, as events change them. Applying an event again changes nothing.
pub(crate) trait Projection: Clone + Send + Sync + 'static {
    /// Updates the copy of each product whose state is newer than the copy.
    fn apply_products(
        &self,
        states: &[ProductState],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Returns those of `states` that are newer than the copy of the product, or whose product has no
    /// copy.
    fn newer_than_copies(
        &self,
        states: Vec<ProductState>,
    ) -> impl Future<Output = Result<Vec<ProductState>, StoreError>> + Send;

    /// Applies each decision whose order is pending, and ignores the others.
    fn apply_decisions(
        &self,
        decisions: Vec<Decision>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Publishes orders on the broker.
pub(crate) trait Publisher: Clone + Send + Sync + 'static {
    /// Publishes the `OrderCreate` of each order: `true` where the broker acknowledged it. `false`
    /// means that it is unknown whether the broker has the message.
    fn publish(&self, orders: &[Arc<PendingOrder>]) -> impl Future<Output = Vec<bool>> + Send;
}
