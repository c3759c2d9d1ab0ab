//! The ports of the event stream: the live changes, and those of the past.

use std::collections::HashSet;
use std::time::Duration;

use domain::{Email, OrderId};
use jiff::Timestamp;
use runtime::lifecycle::Failure;

use super::cluster_time::ClusterTime;
use super::event_id::ChangeKey;
use crate::order::Outcome;
use crate::ports::StoreError;

/// A decision about an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StatusChange {
    pub(crate) id: OrderId,
    pub(crate) outcome: Outcome,
    /// When products decided.
    pub(crate) at: Timestamp,
}

/// A change of the change stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LiveChange {
    pub(crate) committed: ClusterTime,
    pub(crate) buyer: Email,
    pub(crate) change: StatusChange,
}

/// A change of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PastChange {
    pub(crate) key: ChangeKey,
    pub(crate) change: StatusChange,
}

/// Some of a buyer's past changes.
#[derive(Debug)]
pub(crate) struct HistoryPage {
    pub(crate) changes: Vec<PastChange>,
    /// Where the next page starts; `None` on the last one.
    pub(crate) next: Option<ChangeKey>,
}

/// Why the change stream cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangesError {
    /// The position is older than the change stream.
    #[error("the change stream does not contain the position")]
    Lost(#[source] Failure),
    /// The orders were dropped or renamed, with their history.
    #[error("the change stream has ended")]
    Ended,
    /// The database is unavailable; the position remains valid.
    #[error("cannot read the change stream")]
    Unavailable(#[source] StoreError),
}

/// The change stream of orders.
pub(crate) trait ChangeSource: Clone + Send + Sync + 'static {
    /// An open reader.
    type Changes: Changes;

    /// Opens the changes after `from`, or from now on. A read waits at most `poll_timeout` for a
    /// change.
    fn changes(
        &self,
        from: Option<ClusterTime>,
        poll_timeout: Duration,
    ) -> impl Future<Output = Result<Self::Changes, ChangesError>> + Send;
}

/// A reader of the change stream.
pub(crate) trait Changes: Sized + Send + 'static {
    /// Returns the next change, or `None` after the poll timeout. An error consumes the reader.
    fn next(self) -> impl Future<Output = Result<(Self, Option<LiveChange>), ChangesError>> + Send;

    /// The time up to which all changes were read.
    fn position(&self) -> ClusterTime;
}

/// The past changes of a buyer's orders, by an index.
pub(crate) trait History: Clone + Send + Sync + 'static {
    /// Returns the first changes behind `start` in the index, as the database was at `at`.
    fn page(
        &self,
        buyer: &Email,
        start: ChangeKey,
        at: ClusterTime,
    ) -> impl Future<Output = Result<HistoryPage, StoreError>> + Send;

    /// Returns which of `orders` were pending at `at`; `None` if the database does not know it any
    /// more.
    fn pending_at(
        &self,
        orders: &[OrderId],
        at: ClusterTime,
    ) -> impl Future<Output = Result<Option<HashSet<OrderId>>, StoreError>> + Send;
}
