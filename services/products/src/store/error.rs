//! Classifies the driver's errors.

use mongo::{is_duplicate_key, is_transient};
use mongodb::error::{Error, ErrorKind, UNKNOWN_TRANSACTION_COMMIT_RESULT};

use crate::ports::StoreError;

const TRANSACTION_TOO_LARGE: i32 = 257;
const OBJECT_TOO_LARGE: i32 = 10334;

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        let class = if is_conflict(&error) {
            Self::Conflict
        } else if is_duplicate_key(&error) {
            Self::Duplicate
        } else if is_too_large(&error) {
            Self::TooLarge
        } else if error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT) {
            Self::UnknownCommit
        } else if mongo::StoreError::from(error.clone()).is_retryable() {
            Self::Unavailable
        } else {
            Self::Other
        };
        class(error.into())
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

/// Whether the server or the driver rejects the size of a document or a transaction.
fn is_too_large(error: &Error) -> bool {
    match &*error.kind {
        ErrorKind::InvalidArgument { .. } => true,
        ErrorKind::Command(command) => {
            [TRANSACTION_TOO_LARGE, OBJECT_TOO_LARGE].contains(&command.code)
        }
        _ => false,
    }
}
