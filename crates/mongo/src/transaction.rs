//! Beginning and committing transactions.

use mongodb::error::{Error, UNKNOWN_TRANSACTION_COMMIT_RESULT};
use mongodb::{ClientSession, Database};

use crate::timeout::{is_time_up, time_left, timeout_error};

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

/// Commits the transaction of `session` and retries while the result is unknown and there is time.
/// Aborts it if the time is up: the caller has stopped waiting, and repeats what it asked for.
/// Source: the Transactions specification, "`UnknownTransactionCommitResult`".
pub async fn commit(session: &mut ClientSession) -> Result<(), Error> {
    if is_time_up() {
        // The server aborts it as well, but later.
        let _ = session.abort_transaction().await;
        return Err(timeout_error());
    }
    let mut result = session.commit_transaction().await;
    for _ in 1..MAX_COMMIT_ATTEMPTS {
        match &result {
            Err(error)
                if error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT) && !is_time_up() =>
            {
                result = session.commit_transaction().await;
            }
            _ => break,
        }
    }
    result
}
