//! Beginning and committing transactions.

use mongodb::error::{Error, UNKNOWN_TRANSACTION_COMMIT_RESULT};
use mongodb::{ClientSession, Database};

use crate::timeout::time_left;

const MAX_COMMIT_ATTEMPTS: u32 = 5;

/// Begins a transaction. Its commit takes at most [`time_left`].
pub async fn begin(database: &Database) -> Result<ClientSession, Error> {
    let mut session = database.client().start_session().await?;
    session
        .start_transaction()
        .max_commit_time(time_left())
        .await?;
    Ok(session)
}

/// Commits the transaction of `session` and retries while the result is unknown. Source: the
/// Transactions specification, "`UnknownTransactionCommitResult`".
pub async fn commit(session: &mut ClientSession) -> Result<(), Error> {
    let mut result = session.commit_transaction().await;
    for _ in 1..MAX_COMMIT_ATTEMPTS {
        match &result {
            Err(error) if error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT) => {
                result = session.commit_transaction().await;
            }
            _ => break,
        }
    }
    result
}
