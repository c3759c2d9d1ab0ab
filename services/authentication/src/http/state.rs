//! What the handlers share.

use axum::extract::FromRef;
use identity::{Issuer, Verifier};
use service_kit::client::TrustedProxies;

use super::OwnPages;
use crate::accounts::Accounts;
use crate::sessions::Sessions;

/// What the handlers share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) accounts: Accounts,
    pub(crate) sessions: Sessions,
    pub(crate) verifier: Verifier,
    pub(crate) pages: OwnPages,
    pub(crate) proxies: TrustedProxies,
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

impl FromRef<App> for Accounts {
    fn from_ref(app: &App) -> Self {
        app.accounts.clone()
    }
}

impl FromRef<App> for TrustedProxies {
    fn from_ref(app: &App) -> Self {
        app.proxies.clone()
    }
}

impl FromRef<App> for Issuer {
    fn from_ref(app: &App) -> Self {
        app.sessions.issuer.clone()
    }
}
