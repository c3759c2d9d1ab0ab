//! What can go wrong with the database, as the rest of the service sees it.

use mongodb::error::Error;

/// A call to the database that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is away, or refused.
    #[error(transparent)]
    Database(#[from] mongo::StoreError),
    /// It wrote, but cannot say that the write will last.
    #[error("the database cannot make a write durable")]
    NotDurable,
    /// A statement among many failed with this code.
    #[error("the database refused a statement (code {0})")]
    Statement(i32),
    /// A document does not hold what it must.
    #[error("a stored document cannot be read: {0}")]
    Unreadable(&'static str),
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        Self::Database(error.into())
    }
}
