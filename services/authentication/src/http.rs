//! The HTTP API.

mod accounts;
mod address;
mod cookie;
mod key_set;
mod operations;
mod problems;
mod router;
mod sessions;
mod wire;

use axum::extract::FromRef;
use identity::Verifier;
use service_kit::client::TrustedProxies;

use crate::registration::Registration;
use crate::sessions::Sessions;

pub(crate) use cookie::AllowedOrigins;
pub(crate) use router::router;

/// The state of the handlers. Cheap to clone.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) registration: Registration,
    pub(crate) sessions: Sessions,
    pub(crate) verifier: Verifier,
    pub(crate) origins: AllowedOrigins,
    pub(crate) proxies: TrustedProxies,
}

impl FromRef<App> for Verifier {
    fn from_ref(app: &App) -> Self {
        app.verifier.clone()
    }
}

impl FromRef<App> for TrustedProxies {
    fn from_ref(app: &App) -> Self {
        app.proxies.clone()
    }
}
