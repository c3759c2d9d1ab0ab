//! What the handlers share.

use axum::extract::FromRef;
use identity::{Issuer, Verifier};

use super::OwnPages;
use crate::hashing::Hasher;
use crate::sessions::Sessions;
use crate::store::Store;

/// What the handlers share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) sessions: Sessions,
    pub(crate) verifier: Verifier,
    pub(crate) pages: OwnPages,
}

impl FromRef<App> for OwnPages {
    fn from_ref(app: &App) -> Self {
        app.pages.clone()
    }
}

impl FromRef<App> for Verifier {
    fn from_ref(app: &App) -> Self {
        app.verifier.clone()
    }
}

impl FromRef<App> for Sessions {
    fn from_ref(app: &App) -> Self {
        app.sessions.clone()
    }
}

impl FromRef<App> for Store {
    fn from_ref(app: &App) -> Self {
        app.sessions.store.clone()
    }
}

impl FromRef<App> for Hasher {
    fn from_ref(app: &App) -> Self {
        app.sessions.hasher.clone()
    }
}

impl FromRef<App> for Issuer {
    fn from_ref(app: &App) -> Self {
        app.sessions.issuer.clone()
    }
}
