//! The calls of clients and admins.

mod categories;
mod cursor;
mod operations;
mod problems;
mod products;
mod router;
mod wire;

use identity::Verifier;

use crate::store::Store;

pub use router::{api_document, router};

/// What the handlers work with.
#[derive(Clone)]
pub struct App {
    pub(crate) store: Store,
    pub(crate) verifier: Verifier,
}
