//! Classifies the driver's errors.

use mongo::{is_duplicate_key, is_transient};
use mongodb::bson::Document;
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

/// Returns the number of documents that an `update` command matched. `run_command` does not report
/// failed statements as an error.
pub(super) fn matched(reply: &Document) -> Result<i64, StoreError> {
    match reply.get_array("writeErrors") {
        Ok(errors) => {
            let count = errors.len();
            Err(StoreError::Other(
                format!(
                    "the database refused {count} statements, such as {:?}",
                    errors.first()
                )
                .into(),
            ))
        }
        Err(_) => Ok(reply.get_i32("n").map(i64::from).unwrap_or_default()),
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

#[cfg(test)]
mod tests {
    use mongodb::bson::doc;

    use super::*;

    #[test]
    fn given_a_failed_statement_when_the_reply_is_read_then_it_is_an_error() {
        let reply = doc! { "ok": 1.0, "n": 2, "nModified": 1 };
        assert_eq!(matched(&reply).ok(), Some(2));
        let refused = doc! { "index": 1, "code": 121, "errmsg": "Document failed validation" };
        let reply = doc! { "ok": 1.0, "n": 1, "nModified": 1, "writeErrors": [refused] };
        let error = matched(&reply).unwrap_err();
        assert!(matches!(error, StoreError::Other(_)), "{error}");
    }
}
