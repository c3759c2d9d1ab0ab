//! Committing transactions.

use mongodb::ClientSession;
use mongodb::error::{Error, UNKNOWN_TRANSACTION_COMMIT_RESULT};

const MAX_COMMIT_ATTEMPTS: u32 = 5;

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
