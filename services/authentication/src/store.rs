//! What is kept in MongoDB, and the only place that knows it.

mod attempts;
mod known_networks;
mod sessions;
mod users;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use mongo::StoreError;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, DateTime, doc};
use mongodb::options::{CollectionOptions, IndexOptions, ReadConcern, WriteConcern};
use mongodb::{Collection, Database, IndexModel};

pub(crate) use attempts::{Reservation, Reserved};
pub(crate) use sessions::SessionEnd;
pub(crate) use users::{CreateError, NewUser, User, UserId};

/// Accounts, sessions, and what is counted. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Store {
    users: Collection<users::UserDocument>,
    sessions: Collection<sessions::SessionDocument>,
    attempts: Collection<attempts::AttemptsDocument>,
    known_networks: Collection<known_networks::KnownNetworkDocument>,
    patience: Duration,
    is_prepared: Arc<AtomicBool>,
}

impl Store {
    /// The store in `database`, which is waited for at most `patience` a call.
    pub(crate) fn new(database: &Database, patience: Duration) -> Self {
        Self {
            users: database.collection("users"),
            sessions: database.collection("refresh_tokens"),
            attempts: database.collection_with_options("attempts", forgettable()),
            known_networks: database.collection_with_options("known_networks", forgettable()),
            patience,
            is_prepared: Arc::default(),
        }
    }

    /// Makes the indexes. Before that no account can be created, because nothing would keep its
    /// e-mail unique.
    pub(crate) async fn prepare(&self) -> Result<(), mongodb::error::Error> {
        self.users.create_index(unique("email")).await?;
        self.sessions.create_index(expiring()).await?;
        self.sessions.create_index(newest_of_an_account()).await?;
        self.attempts.create_index(expiring()).await?;
        self.known_networks.create_index(expiring()).await?;
        self.is_prepared.store(true, Ordering::Release);
        Ok(())
    }

    /// Makes a `call` to a `collection`, and waits for it as long as the patience lasts.
    async fn ask<D, T, F>(
        &self,
        collection: &Collection<D>,
        call: impl FnOnce(Collection<D>) -> F,
    ) -> Result<T, StoreError>
    where
        D: Send + Sync,
        T: Send + 'static,
        F: Future<Output = Result<T, mongodb::error::Error>> + Send + 'static,
    {
        Ok(mongo::with_timeout(self.patience, call(collection.clone())).await?)
    }

    fn is_prepared(&self) -> bool {
        self.is_prepared.load(Ordering::Acquire)
    }
}

/// What a failing primary forgets of it does no harm, and each guess would wait for the disk.
fn forgettable() -> CollectionOptions {
    CollectionOptions::builder()
        .write_concern(WriteConcern::nodes(1))
        .read_concern(ReadConcern::local())
        .build()
}

fn unique(field: &str) -> IndexModel {
    let options = IndexOptions::builder().unique(true).build();
    IndexModel::builder()
        .keys(doc! { field: 1 })
        .options(options)
        .build()
}

fn newest_of_an_account() -> IndexModel {
    IndexModel::builder()
        .keys(doc! { "user": 1, "ends_at_latest": -1 })
        .build()
}

/// MongoDB removes the document within a minute or so of its `expires_at`.
fn expiring() -> IndexModel {
    let options = IndexOptions::builder().expire_after(Duration::ZERO).build();
    IndexModel::builder()
        .keys(doc! { "expires_at": 1 })
        .options(options)
        .build()
}

fn date(time: Timestamp) -> DateTime {
    DateTime::from_millis(time.as_millisecond())
}

fn timestamp(date: DateTime) -> Timestamp {
    let end = if date.timestamp_millis() < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    Timestamp::from_millisecond(date.timestamp_millis()).unwrap_or(end)
}

fn binary(digest: [u8; 32]) -> Binary {
    Binary {
        subtype: BinarySubtype::Generic,
        bytes: digest.to_vec(),
    }
}

/// A digest of another length is nobody's: nothing has one of zeros alone.
fn digest(binary: &Binary) -> [u8; 32] {
    binary.bytes.as_slice().try_into().unwrap_or_default()
}
