//! Many updates in one command, each with its own result.
//!
//! `run_command` ignores the client's write concern and does not report failed statements, so both
//! are handled here.

use mongo::BACKGROUND_TIMEOUT;
use mongodb::Database;
use mongodb::bson::{Document, doc};
use serde::Deserialize;

use crate::ports::StoreError;

/// Larger commands would not be faster.
const MAX_STATEMENTS: usize = 1000;

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
}

#[derive(Debug, Deserialize)]
struct WriteConcernError {
    code: i32,
    #[serde(default)]
    errmsg: String,
}

impl From<StatementError> for StoreError {
    fn from(error: StatementError) -> Self {
        Self::Failed(error.into())
    }
}

/// Runs `statements` against `collection` with majority writes, in any order, and returns those that
/// failed.
pub(super) async fn update(
    database: &Database,
    collection: &str,
    statements: &[Document],
) -> Result<Vec<StatementError>, StoreError> {
    let mut failed = Vec::new();
    for (chunk, statements) in statements.chunks(MAX_STATEMENTS).enumerate() {
        let command = doc! {
            "update": collection,
            "updates": statements,
            "ordered": false,
            "writeConcern": { "w": "majority", "j": true },
        };
        let database = database.clone();
        let reply: Document = mongo::with_timeout(BACKGROUND_TIMEOUT, async move {
            database.run_command(command).await
        })
        .await?;
        let reply: Reply =
            mongodb::bson::deserialize_from_document(reply).map_err(mongodb::error::Error::from)?;
        if let Some(error) = reply.write_concern_error {
            tracing::warn!(
                code = error.code,
                "writes are not durable yet: {}",
                error.errmsg
            );
            return Err(StoreError::NotDurable);
        }
        let first = chunk * MAX_STATEMENTS;
        failed.extend(reply.write_errors.into_iter().map(|error| StatementError {
            index: first + error.index,
            ..error
        }));
    }
    Ok(failed)
}
