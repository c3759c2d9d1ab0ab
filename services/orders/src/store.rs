//! The database: the only room that knows MongoDB's types.

mod bulk;
mod catalogue;
mod changes;
mod decisions;
mod documents;
mod error;
mod pending;
mod placing;
mod reading;
mod setup;

use std::time::Duration;

use documents::{OrderDocument, ProductDocument};
use mongodb::{Collection, Database};

pub use changes::{Changes, ChangesError};
pub use error::StoreError;
pub use pending::Which;
pub use placing::{Insertion, fresh_id};
pub use reading::Pieces;

/// The service's own database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    database: Database,
    orders: Collection<OrderDocument>,
    products: Collection<ProductDocument>,
    patience: Duration,
}

impl Store {
    /// The orders and the copy of the products in `database`; a call waits for at most `patience`.
    pub fn new(database: Database, patience: Duration) -> Self {
        let (orders, products) = (
            database.collection("orders"),
            database.collection("products"),
        );
        Self {
            database,
            orders,
            products,
            patience,
        }
    }

    /// How long a call waits for a database that does not answer.
    pub fn patience(&self) -> Duration {
        self.patience
    }
}
