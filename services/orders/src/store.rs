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
use mongo::{Freshness, SharedKey};
use mongodb::bson::oid::ObjectId;
use mongodb::error::Error;
use mongodb::{ClientSession, Collection, Database};
use service_kit::cursor::CursorKey;

use crate::ports::StoreError;
use documents::{OrderDocument, ProductDocument};

pub(crate) use reading::OrderPages;

/// The database of the service. Clones share the connections.
#[derive(Clone)]
pub(crate) struct Store {
    database: Database,
    orders: Collection<OrderDocument>,
    products: Collection<ProductDocument>,
    cursor_key: SharedKey,
    freshness: Freshness,
    timeout: Duration,
}

impl Store {
    /// The orders and the product copy in `database`. An operation for a client takes at most
    /// `timeout`.
    pub(crate) fn new(database: Database, timeout: Duration) -> Self {
        Self {
            orders: database.collection("orders"),
            products: database.collection("products"),
            cursor_key: SharedKey::new(&database, "cursors"),
            freshness: Freshness::default(),
            database,
            timeout,
        }
    }

    /// Returns the key that seals the cursors of pages, the same in all replicas.
    pub(crate) async fn cursor_key(&self) -> Result<CursorKey, StoreError> {
        let key = self.cursor_key.clone();
        let key = async move { Ok::<_, StoreError>(key.get().await?) };
        Ok(CursorKey::new(
            mongo::with_timeout(self.timeout, key).await?,
        ))
    }

    /// Begins a session for a read of a client. What it returns is recorded in [`Store::freshness`].
    async fn read_session(&self) -> Result<ClientSession, Error> {
        let mut session = self.database.client().start_session().await?;
        self.freshness.require(&mut session);
        Ok(session)
    }
}

fn object_id(id: OrderId) -> ObjectId {
    ObjectId::from_bytes(id.bytes())
}

fn object_ids(ids: &[OrderId]) -> Vec<ObjectId> {
    ids.iter().copied().map(object_id).collect()
}
