//! The HTTP API.

mod categories;
mod cursor;
mod operations;
mod problems;
mod products;
mod router;
mod wire;

use axum::extract::FromRef;
use identity::Verifier;
use messaging::outbox::Outbox;
use runtime::clock::SystemClock;

use crate::changing::CatalogueEditor;
use crate::store::Store;

pub(crate) use router::router;

/// The state of the handlers.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) editor: CatalogueEditor<Store, Outbox, SystemClock>,
    pub(crate) verifier: Verifier,
}

impl FromRef<App> for Verifier {
    fn from_ref(app: &App) -> Self {
        app.verifier.clone()
    }
}
