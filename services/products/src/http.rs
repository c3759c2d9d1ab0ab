//! The HTTP API.

mod categories;
mod cursor;
mod operations;
mod problems;
mod products;
mod router;
mod wire;

use std::time::Duration;

use axum::extract::FromRef;
use identity::Verifier;
use messaging::outbox::Outbox;
use runtime::clock::SystemClock;

use crate::changing::{CONFLICT_TIMEOUT, Changing};
use crate::ports::StoreError;
use crate::store::{self, Store};

pub(crate) use router::router;

type AppChanging = Changing<Store, Outbox, SystemClock>;

/// The state of the handlers.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) changing: AppChanging,
    pub(crate) verifier: Verifier,
    /// The timeout of a request for the database.
    pub(crate) timeout: Duration,
}

impl App {
    async fn read<T, F>(&self, query: impl FnOnce(Store) -> F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        store::with_timeout(self.timeout, query(self.store.clone())).await
    }

    /// Runs a use case that may have to wait for other transactions.
    async fn change<T, E, F>(&self, change: impl FnOnce(AppChanging) -> F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        let timeout = self.timeout + CONFLICT_TIMEOUT;
        // Boxed, because it is large and moved several times.
        store::with_timeout(timeout, Box::pin(change(self.changing.clone()))).await
    }
}

impl FromRef<App> for Verifier {
    fn from_ref(app: &App) -> Self {
        app.verifier.clone()
    }
}
