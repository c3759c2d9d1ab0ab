//! Many updates in one command, each with its own outcome.
//!
//! `run_command` neither takes over the client's write concern nor reports what went wrong with
//! single statements, so both happen here.

use mongo::BACKGROUND_TIMEOUT;
use mongodb::Database;
use mongodb::bson::{Document, doc};
use serde::Deserialize;

use super::StoreError;

/// More would only make commands larger, not faster.
const MOST_STATEMENTS: usize = 1000;
/// The code for a key that is there already.
pub(super) const DUPLICATE_KEY: i32 = 11000;

/// A statement that did not succeed.
#[derive(Debug, Deserialize)]
pub(super) struct Failed {
    /// Its place among the statements.
    pub(super) index: usize,
    pub(super) code: i32,
    #[serde(default)]
    pub(super) errmsg: String,
    /// The index that a duplicate key hit.
    #[serde(default, rename = "keyPattern")]
    pub(super) key_pattern: Document,
}

#[derive(Debug, Default, Deserialize)]
struct Reply {
    #[serde(default, rename = "writeErrors")]
    write_errors: Vec<Failed>,
    #[serde(default, rename = "writeConcernError")]
    write_concern_error: Option<WriteConcernFailure>,
}

#[derive(Debug, Deserialize)]
struct WriteConcernFailure {
    code: i32,
    #[serde(default)]
    errmsg: String,
}

/// Runs `statements` against `collection` with majority writes, in any order.
pub(super) async fn update(
    database: &Database,
    collection: &str,
    statements: &[Document],
) -> Result<Vec<Failed>, StoreError> {
    let mut failed = Vec::new();
    for (chunk, statements) in statements.chunks(MOST_STATEMENTS).enumerate() {
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
        if let Some(failure) = reply.write_concern_error {
            tracing::warn!(
                code = failure.code,
                "writes are not durable yet: {}",
                failure.errmsg
            );
            return Err(StoreError::NotDurable);
        }
        let first = chunk * MOST_STATEMENTS;
        failed.extend(reply.write_errors.into_iter().map(|one| Failed {
            index: first + one.index,
            ..one
        }));
    }
    Ok(failed)
}
