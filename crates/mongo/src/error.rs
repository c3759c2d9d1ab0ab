//! The classes of database errors.

use mongodb::error::{
    Error, ErrorKind, RETRYABLE_WRITE_ERROR, TRANSIENT_TRANSACTION_ERROR, WriteFailure,
};

/// The server's code for a value that a unique index contains already.
pub const DUPLICATE_KEY: i32 = 11000;

/// Not primary, stepping down, shutting down, interrupted: the codes of the specifications of
/// retryable reads and writes. A snapshot that is too old (239) or not available yet (246). A password
/// or a role that was changed while the service runs (13, 18), and a full disk (14031): an operator can
/// repair them.
const RETRYABLE_CODES: [i32; 18] = [
    6, 7, 13, 18, 89, 91, 134, 189, 239, 246, 262, 9001, 10107, 11600, 11602, 13435, 13436, 14031,
];

/// The server refuses what was sent: it is too large, or of a shape that it does not store. The codes
/// of a failed server (no memory, no disk, no permission) are not among them.
const REFUSAL_CODES: [i32; 16] = [
    2,     // BadValue
    9,     // FailedToParse
    14,    // TypeMismatch
    15,    // Overflow
    22,    // InvalidBSON
    28,    // PathNotViable
    52,    // DollarPrefixedFieldName
    57,    // DottedFieldName
    66,    // ImmutableField
    121,   // DocumentValidationFailure
    257,   // TransactionTooLarge
    10334, // BSONObjectTooLarge
    17280, // KeyTooLong
    17419, // the document is too large after an update
    17420, // the document is too large after an update
    DUPLICATE_KEY,
];
/// The server's code for an operation that reached its `max_time`.
const MAX_TIME_EXPIRED: i32 = 50;
/// The server's code for a write that too few members had confirmed after `wtimeout`.
const WRITE_CONCERN_TIMEOUT: i32 = 64;

/// A failed database operation. Its cause belongs in the log, never in a response.
#[derive(Debug, thiserror::Error)]
#[error("the database operation failed")]
pub struct StoreError {
    #[from]
    source: Error,
}

impl StoreError {
    /// Whether a later attempt can succeed, because the database is unavailable or busy.
    pub fn is_retryable(&self) -> bool {
        let error = &self.source;
        is_transient(error)
            || error.contains_label(RETRYABLE_WRITE_ERROR)
            || matches!(
                *error.kind,
                ErrorKind::Io(_)
                    | ErrorKind::ServerSelection { .. }
                    | ErrorKind::ConnectionPoolCleared { .. }
                    | ErrorKind::DnsResolve { .. }
                    | ErrorKind::Authentication { .. }
            )
            || matches!(&*error.kind, ErrorKind::Command(command) if RETRYABLE_CODES.contains(&command.code))
            || is_timeout(error)
    }

    /// Whether the documents themselves are the cause, so that a retry with the same ones cannot
    /// succeed: see [`is_refusal_code`]. Documents that cannot be read count too.
    pub fn is_refusal(&self) -> bool {
        match &*self.source.kind {
            ErrorKind::InvalidArgument { .. }
            | ErrorKind::BsonSerialization(_)
            | ErrorKind::BsonDeserialization(_)
            | ErrorKind::Bson(_)
            | ErrorKind::Custom(_) => true,
            ErrorKind::Command(command) => is_refusal_code(command.code),
            ErrorKind::Write(WriteFailure::WriteError(write)) => is_refusal_code(write.code),
            ErrorKind::InsertMany(failure) => {
                failure.write_concern_error.is_none()
                    && failure
                        .write_errors
                        .iter()
                        .flatten()
                        .any(|write| is_refusal_code(write.code))
            }
            _ => false,
        }
    }

    /// See [`is_transient`].
    pub fn is_transient(&self) -> bool {
        is_transient(&self.source)
    }

    /// See [`is_duplicate_key`].
    pub fn is_duplicate_key(&self) -> bool {
        is_duplicate_key(&self.source)
    }
}

/// Whether the server's code says that the document or command itself is the cause of the failure.
pub fn is_refusal_code(code: i32) -> bool {
    REFUSAL_CODES.contains(&code)
}

/// Whether the server stopped working on an operation after its time limit. Whether a write happened
/// is then unknown.
fn is_timeout(error: &Error) -> bool {
    let concern = match &*error.kind {
        ErrorKind::Command(command) => return command.code == MAX_TIME_EXPIRED,
        ErrorKind::Write(WriteFailure::WriteConcernError(concern)) => Some(concern),
        ErrorKind::InsertMany(failure) => failure.write_concern_error.as_ref(),
        _ => None,
    };
    concern.is_some_and(|concern| concern.code == WRITE_CONCERN_TIMEOUT)
}

/// Whether the transaction that failed with `error` can be retried from its start.
pub fn is_transient(error: &Error) -> bool {
    error.contains_label(TRANSIENT_TRANSACTION_ERROR)
}

/// Whether a write failed only because of values that unique indexes contain already. False if
/// there is a write concern error as well: then nothing is known to be durable.
pub fn is_duplicate_key(error: &Error) -> bool {
    match &*error.kind {
        ErrorKind::Write(WriteFailure::WriteError(write)) => write.code == DUPLICATE_KEY,
        ErrorKind::Command(command) => command.code == DUPLICATE_KEY,
        ErrorKind::InsertMany(failure) => {
            let mut failed = failure.write_errors.iter().flatten().peekable();
            failure.write_concern_error.is_none()
                && failed.peek().is_some()
                && failed.all(|write| write.code == DUPLICATE_KEY)
        }
        _ => false,
    }
}

/// Ignores that inserted documents exist already: another replica may insert the same ones.
pub fn ignore_duplicate_keys<T>(inserted: Result<T, Error>) -> Result<(), Error> {
    match inserted {
        Err(error) if !is_duplicate_key(&error) => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use mongodb::bson::{self, Document, doc};
    use mongodb::error::InsertManyError;

    use super::*;

    #[test]
    fn given_failed_inserts_when_classified_then_only_duplicate_keys_alone_count_as_such() {
        let check = |failure: Document, expected: bool| {
            let message = failure.to_string();
            let failure: InsertManyError =
                bson::deserialize_from_document(failure).expect("a failure of insertMany");
            let error = Error::from(ErrorKind::InsertMany(failure));
            assert_eq!(is_duplicate_key(&error), expected, "{message}");
        };
        let duplicate = doc! { "index": 0, "code": DUPLICATE_KEY, "errmsg": "E11000" };
        let invalid = doc! { "index": 1, "code": 121, "errmsg": "Document failed validation" };
        let not_durable =
            doc! { "code": 64, "codeName": "WriteConcernTimeout", "errmsg": "timed out" };
        check(doc! { "writeErrors": [&duplicate] }, true);
        check(doc! { "writeErrors": [&duplicate, &invalid] }, false);
        check(doc! { "writeConcernError": &not_durable }, false);
        check(
            doc! { "writeErrors": [], "writeConcernError": &not_durable },
            false,
        );
        check(
            doc! { "writeErrors": [&duplicate], "writeConcernError": &not_durable },
            false,
        );
    }
}
