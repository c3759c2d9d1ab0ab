//! The port of the event stream: the history of status changes.

use std::time::Duration;

use domain::{Email, OrderId};
use jiff::Timestamp;
use runtime::lifecycle::Failure;

use super::Position;
use crate::order::Outcome;
use crate::ports::StoreError;

/// A decision about an order, as it was committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StatusChange {
    /// The position in the history.
    pub(crate) position: Position,
    pub(crate) id: OrderId,
    pub(crate) buyer: Email,
    pub(crate) outcome: Outcome,
    /// When products decided.
    pub(crate) at: Timestamp,
}

/// Why the history cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangesError {
    /// The position is older than the history, or it never existed.
    #[error("the history does not contain the position")]
    Lost(#[source] Failure),
    /// The orders were dropped or renamed, with their history.
    #[error("the history has ended")]
    Ended,
    /// The database is unavailable; the position remains valid.
    #[error("cannot read the history")]
    Unavailable(#[source] StoreError),
}

/// The history of status changes.
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

/// A reader of the history.
pub(crate) trait Changes: Sized + Send + 'static {
    /// Returns the next change, or `None` after the poll timeout. An error consumes the reader.
    fn next(
        self,
    ) -> impl Future<Output = Result<(Self, Option<StatusChange>), ChangesError>> + Send;

    /// The position up to which the history was read.
    fn position(&self) -> &Position;
}
