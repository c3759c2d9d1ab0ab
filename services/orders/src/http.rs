//! The HTTP API.

mod cursor;
mod events;
mod operations;
mod order_list;
mod orders;
mod problems;
mod router;
mod wire;

use std::time::Duration;

use axum::extract::FromRef;
use identity::Verifier;
use runtime::clock::SystemClock;
use tokio_util::sync::CancellationToken;

use crate::placing::PlacementQueue;
use crate::store::Store;
use crate::stream::Hub;

pub(crate) use router::router;

/// The state of the handlers.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) placements: PlacementQueue<Store, SystemClock>,
    pub(crate) store: Store,
    pub(crate) hub: Hub,
    /// The timeout of opening an event stream.
    pub(crate) timeout: Duration,
    pub(crate) verifier: Verifier,
    /// Ends the event streams at shutdown.
    pub(crate) stop: CancellationToken,
}

impl FromRef<App> for Verifier {
    fn from_ref(app: &App) -> Self {
        app.verifier.clone()
    }
}
