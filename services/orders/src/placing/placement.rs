//! A request to place an order, and its result.

use std::sync::Arc;

use domain::{Email, IdempotencyKey};

use crate::checking::CheckError;
use crate::limits::LimitError;
use crate::lines::Lines;
use crate::order::PendingOrder;

/// A request to place an order.
#[derive(Clone, Debug)]
pub(crate) struct Placement {
    pub(crate) buyer: Email,
    pub(crate) key: Option<IdempotencyKey>,
    pub(crate) lines: Lines,
    pub(crate) traceparent: Option<String>,
}

impl Placement {
    pub(super) fn line_count(&self) -> usize {
        self.lines.as_slice().len()
    }
}

/// Why an order was not placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PlacingError {
    #[error(transparent)]
    Refused(CheckError),
    #[error(transparent)]
    Limited(LimitError),
    #[error("the idempotency key was used for other lines")]
    KeyUsed,
    /// The database is unavailable or timed out, or the queue is full. The order may have been
    /// placed; only a repeat with the same idempotency key returns the outcome.
    #[error("orders cannot be placed now")]
    Unavailable,
}

/// The order as it was placed, by this request or by an earlier one with the same key.
pub(crate) type PlacingResult = Result<Arc<PendingOrder>, PlacingError>;
