//! The MongoDB database. No other module names the driver's types.

mod bulk;
mod changes;
mod documents;
mod error;
mod history;
mod indexes;
mod pending;
mod placing;
mod projection;
mod reading;
mod seed;
mod usage;

use std::time::Duration;

use domain::OrderId;
use mongodb::bson::oid::ObjectId;
use mongodb::{Collection, Database};

use documents::{OrderDocument, ProductDocument};

pub(crate) use reading::OrderPages;

/// The database of the service. Clones share the connections.
#[derive(Clone)]
pub(crate) struct Store {
    database: Database,
    orders: Collection<OrderDocument>,
    products: Collection<ProductDocument>,
    timeout: Duration,
}

impl Store {
    /// The orders and the product copy in `database`. A read for a client takes at most `timeout`.
    pub(crate) fn new(database: Database, timeout: Duration) -> Self {
        Self {
            orders: database.collection("orders"),
            products: database.collection("products"),
            database,
            timeout,
        }
    }
}

fn object_id(id: OrderId) -> ObjectId {
    ObjectId::from_bytes(id.bytes())
}

fn object_ids(ids: &[OrderId]) -> Vec<ObjectId> {
    ids.iter().copied().map(object_id).collect()
}
