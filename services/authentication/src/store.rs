//! Sessions and counters in MongoDB. The accounts are in the crate `accounts`.

mod attempts;
mod indexes;
mod known_networks;
mod seed;
mod sessions;

use std::time::Duration;

use accounts::Users;
use jiff::Timestamp;
use mongo::StoreError;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, doc};
use mongodb::options::{CollectionOptions, ReadConcern, WriteConcern};
use mongodb::{Collection, Database};

pub(crate) use attempts::{Reservation, ReserveOutcome};
pub(crate) use sessions::{Read, Rotation, SessionEnd};

/// The store of accounts, sessions and counters. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Store {
    pub(crate) users: Users,
    database: Database,
    sessions: Collection<sessions::SessionDocument>,
    attempts: Collection<attempts::AttemptsDocument>,
    known_networks: Collection<known_networks::KnownNetworkDocument>,
    timeout: Duration,
}

impl Store {
    /// Creates the store of `database`, with a `timeout` for each operation.
    pub(crate) fn new(database: &Database, timeout: Duration) -> Self {
        Self {
            users: Users::new(database, timeout),
            database: database.clone(),
            sessions: database.collection("refresh_tokens"),
            attempts: database.collection_with_options("attempts", low_durability()),
            known_networks: database.collection_with_options("known_networks", low_durability()),
            timeout,
        }
    }

    /// Returns the time of the database's clock, which all replicas share: their own may differ by
    /// minutes.
    pub(crate) async fn now(&self) -> Result<Timestamp, StoreError> {
        let database = self.database.clone();
        let hello = mongo::with_timeout(self.timeout, async move {
            database.run_command(doc! { "hello": 1 }).await
        })
        .await?;
        let time = hello
            .get_datetime("localTime")
            .map_err(mongodb::error::Error::custom)?;
        Ok(mongo::time::timestamp(*time))
    }

    /// Runs an `operation` on a `collection` with the timeout of the store.
    async fn run<D, T, F>(
        &self,
        collection: &Collection<D>,
        operation: impl FnOnce(Collection<D>) -> F,
    ) -> Result<T, StoreError>
    where
        D: Send + Sync,
        T: Send + 'static,
        F: Future<Output = Result<T, mongodb::error::Error>> + Send + 'static,
    {
        Ok(mongo::with_timeout(self.timeout, operation(collection.clone())).await?)
    }
}

/// Writes that need no majority: losing some at a failover does no harm, and each log-in would
/// otherwise wait for the disk.
fn low_durability() -> CollectionOptions {
    CollectionOptions::builder()
        .write_concern(WriteConcern::nodes(1))
        .read_concern(ReadConcern::local())
        .build()
}

fn binary(bytes: &[u8]) -> Binary {
    Binary {
        subtype: BinarySubtype::Generic,
        bytes: bytes.to_vec(),
    }
}

/// A stored digest of another length is invalid and becomes zeros, which no token hashes to.
fn digest(binary: &Binary) -> [u8; 32] {
    binary.bytes.as_slice().try_into().unwrap_or_default()
}
