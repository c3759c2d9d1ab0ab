//! Classifies the driver's errors.

use mongo::{is_duplicate_key, is_transient};
use mongodb::error::{Error, ErrorKind, UNKNOWN_TRANSACTION_COMMIT_RESULT};

use crate::ports::{ListError, StoreError};

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        let common = mongo::StoreError::from(error.clone());
        let class = if is_conflict(&error) {
            Self::Conflict
        } else if is_duplicate_key(&error) {
            Self::Duplicate
        } else if error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT) {
            Self::UnknownCommit
        } else if common.is_retryable() {
            Self::Unavailable
        } else if common.is_refusal() {
            Self::Refused
        } else {
            Self::Other
        };
        class(error.into())
    }
}

impl From<Error> for ListError {
    fn from(error: Error) -> Self {
        Self::Store(error.into())
    }
}

/// Whether the server reports a conflict. A missing response is a transient error too, but needs a
/// longer backoff.
fn is_conflict(error: &Error) -> bool {
    is_transient(error)
        && matches!(
            &*error.kind,
            ErrorKind::Command(_) | ErrorKind::InsertMany(_) | ErrorKind::Write(_)
        )
}
