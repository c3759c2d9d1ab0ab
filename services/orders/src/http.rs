//! The calls: extract, call the rules or the store, answer.

mod cursor;
mod events;
mod operations;
mod orders;
mod problems;
mod router;
mod whole_list;
mod wire;

use axum::extract::FromRef;
use identity::Verifier;
use tokio_util::sync::CancellationToken;

use crate::placing::Counter;
use crate::store::Store;
use crate::stream::Hub;

pub use router::{api_document, router};

/// What the calls work with.
#[derive(Clone)]
pub struct App {
    /// Where orders are handed in.
    pub counter: Counter,
    /// Where they are read.
    pub store: Store,
    /// Where their changes are followed.
    pub hub: Hub,
    /// Says whose a token is.
    pub verifier: Verifier,
    /// Ends the connections that would not end by themselves.
    pub stop: CancellationToken,
}

impl FromRef<App> for Verifier {
    fn from_ref(app: &App) -> Self {
        app.verifier.clone()
    }
}
