//! The port of the event stream: the change stream.

use std::time::Duration;

use domain::{Email, OrderId};
use jiff::Timestamp;
use runtime::lifecycle::Failure;

use super::position::Position;
use crate::order::Outcome;
use crate::ports::StoreError;

/// A decision about an order, as it was committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StatusChange {
    /// The position in the change stream.
    pub(crate) position: Position,
    pub(crate) id: OrderId,
    pub(crate) buyer: Email,
    pub(crate) outcome: Outcome,
    /// When products decided.
    pub(crate) at: Timestamp,
}

/// Why the change stream cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangesError {
    /// The position is older than the change stream, or it never existed.
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

    /// Opens the changes after `from`, or from now on; of one buyer, or of all. A read waits at most
    /// `poll_timeout` for a change.
    fn changes(
        &self,
        from: Option<&Position>,
        buyer: Option<&Email>,
        poll_timeout: Duration,
    ) -> impl Future<Output = Result<Self::Changes, ChangesError>> + Send;
}

/// A reader of the change stream.
pub(crate) trait Changes: Sized + Send + 'static {
    /// Returns the next change, or `None` after the poll timeout. An error consumes the reader.
    fn next(
        self,
    ) -> impl Future<Output = Result<(Self, Option<StatusChange>), ChangesError>> + Send;

    /// The position up to which the change stream was read.
    fn position(&self) -> &Position;
}
