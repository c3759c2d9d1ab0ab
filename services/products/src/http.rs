//! The HTTP API.

mod categories;
mod complete_lists;
mod cursor;
mod etag;
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

use crate::changing::{CONFLICT_TIMEOUT, CatalogueEditor};
use crate::ports::StoreError;
use crate::store::{self, Store};

pub(crate) use complete_lists::CompleteLists;
pub(crate) use router::router;

type Editor = CatalogueEditor<Store, Outbox, SystemClock>;

/// The state of the handlers.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) lists: CompleteLists,
    pub(crate) editor: Editor,
    pub(crate) verifier: Verifier,
    /// The timeout of a database operation for a client.
    pub(crate) timeout: Duration,
}

impl App {
    /// Runs a use case in its own task, so that it completes and publishes even if the client
    /// disconnects. A response is sent at the latest after the timeout and the time for conflicts.
    async fn edit<T, E, F>(&self, use_case: impl FnOnce(Editor) -> F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        // Boxed, because it is large and moved several times.
        let use_case = Box::pin(use_case(self.editor.clone()));
        store::with_timeout(self.timeout + CONFLICT_TIMEOUT, use_case).await
    }
}

impl FromRef<App> for Verifier {
    fn from_ref(app: &App) -> Self {
        app.verifier.clone()
    }
}
