//! The store: implements the ports in MongoDB, and is the only module that uses its driver.
//!
//! A product has a version, which grows by one with every change; every update is guarded by the
//! version that it was computed from.

mod archive;
mod catalogue;
mod categories;
mod changes;
mod complete_list;
mod documents;
mod error;
mod indexes;
mod ledger;
mod listing;
mod prices;
mod republication;
mod seed;

use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use domain::CategoryName;
use messaging::outbox::Outbox;
use mongo::{BACKGROUND_TIMEOUT, Freshness, SharedKey};
use mongodb::bson::oid::ObjectId;
use mongodb::error::Error;
use mongodb::{ClientSession, Collection, Database};
use service_kit::cursor::CursorKey;

use crate::ports::StoreError;
use archive::ArchivedUntil;
use documents::{Audit, Category, Decision, ListedProduct, Product, ProductChange};
use republication::RoundDocument;

/// The database. Clones share it.
#[derive(Clone)]
pub(crate) struct Store {
    database: Database,
    products: Collection<Product>,
    listed: Collection<ListedProduct>,
    categories: Collection<Category>,
    decisions: Collection<Decision>,
    changes: Collection<ProductChange>,
    leases: Collection<RoundDocument>,
    archive: Collection<ArchivedUntil>,
    audit: Collection<Audit>,
    outbox: Outbox,
    cursor_key: SharedKey,
    freshness: Freshness,
    timeout: Duration,
    /// Categories are never removed or renamed, so a cached name stays valid.
    category_names: Arc<RwLock<Arc<HashMap<ObjectId, CategoryName>>>>,
}

impl Store {
    /// A store in `database`, whose transactions write their messages to `outbox`. An operation for
    /// a client takes at most `timeout`.
    pub(crate) fn new(database: &Database, outbox: Outbox, timeout: Duration) -> Self {
        Self {
            products: database.collection("products"),
            listed: database.collection("products"),
            categories: database.collection("categories"),
            decisions: database.collection("orders"),
            changes: database.collection("restocks"),
            leases: database.collection("leases"),
            archive: database.collection("archive"),
            audit: database.collection("audit"),
            cursor_key: SharedKey::new(database, "cursors"),
            freshness: Freshness::default(),
            category_names: Arc::default(),
            database: database.clone(),
            outbox,
            timeout,
        }
    }

    /// Returns the key that seals the cursors of pages, the same in all replicas.
    pub(crate) async fn cursor_key(&self) -> Result<CursorKey, StoreError> {
        let key =
            self.run(|store| async move { Ok::<_, StoreError>(store.cursor_key.get().await?) });
        Ok(CursorKey::new(key.await?))
    }

    async fn transaction(&self) -> Result<ClientSession, Error> {
        let mut session = mongo::begin(&self.database).await?;
        self.freshness.require(&mut session);
        Ok(session)
    }

    /// Begins a session for a read. What it returns is recorded in [`Store::freshness`].
    async fn read_session(&self) -> Result<ClientSession, Error> {
        let mut session = self.database.client().start_session().await?;
        self.freshness.require(&mut session);
        Ok(session)
    }

    /// Runs an operation of a client's request.
    async fn run<T, E, F>(&self, operation: impl FnOnce(Self) -> F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        mongo::with_timeout(self.timeout, operation(self.clone())).await
    }

    /// Runs an operation of a background task.
    async fn run_in_background<T, F>(
        &self,
        operation: impl FnOnce(Self) -> F,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        mongo::with_timeout(BACKGROUND_TIMEOUT, operation(self.clone())).await
    }
}

/// Waits at most for `timeout` for `work`, which continues in its own task after that.
pub(crate) async fn with_timeout<T, E>(
    timeout: Duration,
    work: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    mongo::with_timeout(timeout, async { Ok::<_, StoreError>(work.await) }).await?
}

/// The error of an operation that timed out.
pub(crate) fn timeout_error() -> StoreError {
    mongo::timeout_error().into()
}

/// Waits at most for `timeout` for an operation that commits. After that its result is unknown.
async fn commit_within<T: Send + 'static>(
    timeout: Duration,
    operation: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    mongo::with_timeout(timeout, async { Ok::<_, Error>(operation.await) })
        .await
        .map_err(|timed_out| StoreError::UnknownCommit(timed_out.into()))?
}
