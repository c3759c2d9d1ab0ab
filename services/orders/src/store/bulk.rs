//! Many writes in one command, each with its own result.
//!
//! The driver's own inserts and updates have no time limit on the server. `run_command` has one, but
//! ignores the client's write concern and does not report failed statements, so both are handled here.

use mongo::BACKGROUND_TIMEOUT;
use mongodb::bson::raw::cstr;
use mongodb::bson::{self, Document, RawArrayBuf, RawDocumentBuf, Timestamp, rawdoc};
use mongodb::error::Error;
use serde::{Deserialize, Serialize};

use super::Store;
use crate::ports::StoreError;

/// Larger commands would not be faster.
const MAX_STATEMENTS: usize = 1000;
/// Far below MongoDB's limit of 16 MiB for a command. A longer statement is alone.
const MAX_BYTES: usize = 2 << 20;

/// A statement that failed.
#[derive(Debug, Deserialize, thiserror::Error)]
#[error("the database refused a statement with code {code}: {message}")]
pub(super) struct StatementError {
    /// The index of the statement.
    pub(super) index: usize,
    pub(super) code: i32,
    #[serde(default, rename = "errmsg")]
    message: String,
    /// The fields of the unique index, if the key is a duplicate.
    #[serde(default, rename = "keyPattern")]
    pub(super) key_pattern: Document,
}

#[derive(Debug, Default, Deserialize)]
struct Reply {
    #[serde(default, rename = "writeErrors")]
    write_errors: Vec<StatementError>,
    #[serde(default, rename = "writeConcernError")]
    write_concern_error: Option<WriteConcernError>,
    #[serde(default, rename = "operationTime")]
    time: Option<Timestamp>,
}

#[derive(Debug, Deserialize)]
struct WriteConcernError {
    code: i32,
    #[serde(default)]
    errmsg: String,
}

impl From<StatementError> for StoreError {
    fn from(error: StatementError) -> Self {
        if mongo::is_refusal_code(error.code) {
            Self::Refused(error.into())
        } else {
            Self::Failed(error.into())
        }
    }
}

/// What a command does with a collection.
#[derive(Clone, Copy)]
enum Write {
    Insert,
    Update,
}

/// Inserts `documents` with majority writes, in any order, and returns those that failed.
pub(super) async fn insert<T: Serialize>(
    store: &Store,
    collection: &str,
    documents: impl Iterator<Item = T>,
) -> Result<Vec<StatementError>, StoreError> {
    write(store, Write::Insert, collection, documents.map(Ok)).await
}

/// Runs the update `statements` with majority writes, in any order, and returns those that failed.
pub(super) async fn update(
    store: &Store,
    collection: &str,
    statements: impl Iterator<Item = Result<Document, StoreError>>,
) -> Result<Vec<StatementError>, StoreError> {
    write(store, Write::Update, collection, statements).await
}

/// Builds and sends the statements in chunks, so that memory and the commands are bounded.
async fn write<T: Serialize>(
    store: &Store,
    write: Write,
    collection: &str,
    statements: impl Iterator<Item = Result<T, StoreError>>,
) -> Result<Vec<StatementError>, StoreError> {
    let mut failed = Vec::new();
    let mut chunk = Chunk::default();
    for statement in statements {
        let statement = bson::serialize_to_raw_document_buf(&statement?).map_err(Error::from)?;
        if chunk.is_full_with(&statement) {
            let next = chunk.next();
            let full = std::mem::replace(&mut chunk, next);
            failed.extend(run(store, write, collection, full).await?);
        }
        chunk.push(&statement);
    }
    failed.extend(run(store, write, collection, chunk).await?);
    Ok(failed)
}

/// The statements of one command.
#[derive(Default)]
struct Chunk {
    /// The number of statements in the chunks before it.
    first: usize,
    count: usize,
    bytes: usize,
    statements: RawArrayBuf,
}

impl Chunk {
    fn is_full_with(&self, statement: &RawDocumentBuf) -> bool {
        let bytes = self.bytes + statement.as_bytes().len();
        self.count > 0 && (self.count >= MAX_STATEMENTS || bytes > MAX_BYTES)
    }

    fn push(&mut self, statement: &RawDocumentBuf) {
        self.count += 1;
        self.bytes += statement.as_bytes().len();
        self.statements.push(statement);
    }

    /// The empty chunk after this one.
    fn next(&self) -> Self {
        Self {
            first: self.first + self.count,
            ..Self::default()
        }
    }
}

async fn run(
    store: &Store,
    write: Write,
    collection: &str,
    chunk: Chunk,
) -> Result<Vec<StatementError>, StoreError> {
    if chunk.count == 0 {
        return Ok(Vec::new());
    }
    let mut command = match write {
        Write::Insert => rawdoc! { "insert": collection, "documents": chunk.statements },
        Write::Update => rawdoc! { "update": collection, "updates": chunk.statements },
    };
    command.append(cstr!("ordered"), false);
    command.append(
        cstr!("writeConcern"),
        rawdoc! { "w": "majority", "j": true },
    );
    let database = store.database.clone();
    let reply: Document = mongo::with_timeout(BACKGROUND_TIMEOUT, async move {
        // Event streams rely on it: a later write would not be in what they have read.
        let time_left = i64::try_from(mongo::time_left().as_millis()).unwrap_or(i64::MAX);
        command.append(cstr!("maxTimeMS"), time_left);
        database.run_raw_command(command).await
    })
    .await?;
    let reply: Reply = bson::deserialize_from_document(reply).map_err(Error::from)?;
    if let Some(error) = reply.write_concern_error {
        tracing::warn!(
            code = error.code,
            "writes are not durable yet: {}",
            error.errmsg
        );
        return Err(StoreError::NotDurable);
    }
    store.freshness.record(reply.time);
    let failed = reply.write_errors.into_iter().map(|error| StatementError {
        index: chunk.first + error.index,
        ..error
    });
    Ok(failed.collect())
}

/// The failure to report: one that a retry may resolve, if there is one, so that what is left after
/// the retries is the documents' own fault.
pub(super) fn first_failure(failed: Vec<StatementError>) -> Option<StatementError> {
    let own_fault = |error: &StatementError| mongo::is_refusal_code(error.code);
    failed.into_iter().min_by_key(own_fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers and sizes of the chunks of `statements`, of which each has `bytes`.
    fn chunks(statements: usize, bytes: usize) -> Vec<(usize, usize)> {
        let statement = rawdoc! { "u": "x".repeat(bytes) };
        let mut chunks = Vec::new();
        let mut chunk = Chunk::default();
        for _ in 0..statements {
            if chunk.is_full_with(&statement) {
                chunks.push((chunk.first, chunk.count));
                chunk = chunk.next();
            }
            chunk.push(&statement);
        }
        chunks.push((chunk.first, chunk.count));
        chunks
    }

    #[test]
    fn given_statements_of_any_size_when_chunked_then_no_command_is_too_large() {
        assert_eq!(chunks(2500, 10), [(0, 1000), (1000, 1000), (2000, 500)]);
        assert_eq!(chunks(100, 40_000), [(0, 52), (52, 48)]);
        assert_eq!(chunks(2, 5_000_000), [(0, 1), (1, 1)], "each is alone");
        assert_eq!(chunks(0, 0), [(0, 0)]);
    }
}
