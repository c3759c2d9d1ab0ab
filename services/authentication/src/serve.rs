//! The service from start to shutdown.

use std::time::Duration;

use identity::Verifier;
use runtime::health::{self, Health, Part};
use runtime::lifecycle::{Background, Failure};
use service_kit::server;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::attempts::Attempts;
use crate::config::{Config, SERVICE};
use crate::hashing::Hasher;
use crate::http::{self, AllowedOrigins, App};
use crate::registration::Registration;
use crate::sessions::Sessions;
use crate::signing_keys;
use crate::store::Store;

/// The timeout of stopping the background tasks.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Serves until `shutdown`. The database may be unavailable at the start and at any time later.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), Failure> {
    config.common.check_development(config.seed_data)?;
    let health = Health::default();
    let background = Background::default();
    let stop = background.stop_token();
    let issuer = config.signing.issuer()?;
    let verifier = Verifier::local(&issuer);

    let database = mongo::connect(SERVICE, &config.mongo).await?;
    let store = Store::new(&database, config.mongo.mongodb_timeout);

    let hasher = Hasher::new(
        config.sessions.password_hashes_at_once,
        config.sessions.password_hashes_waiting,
    );
    let attempts = Attempts {
        store: store.clone(),
        limits: config.sessions.attempt_limits(),
    };
    let registration = Registration {
        users: store.users.clone(),
        hasher: hasher.clone(),
        attempts: attempts.clone(),
    };
    let sessions = Sessions {
        store: store.clone(),
        hasher: hasher.clone(),
        issuer: issuer.clone(),
        lifetimes: config.sessions.lifetimes(),
        attempts,
    };

    // At once: the part `start-up` is not ready before the indexes exist.
    background.spawn(mongo::watch(
        database,
        health.part(health::DATABASE),
        stop.clone(),
    ));
    background.spawn(prepare_database(
        store,
        config.seed_data,
        hasher,
        health.part(health::START_UP),
        stop.clone(),
    ));
    background.spawn(signing_keys::reload(
        config.signing,
        issuer,
        verifier.clone(),
        stop,
    ));

    let app = App {
        registration,
        sessions,
        verifier,
        origins: AllowedOrigins(config.common.public_origins.clone().into()),
        proxies: config.trusted_proxies,
    };
    let api = http::router(app, &config.common);
    server::serve(&config.common, listener, api, &health, shutdown).await?;

    background.finish(SHUTDOWN_TIMEOUT).await
}

/// Creates the indexes and, with `seed_data`, the development accounts.
async fn prepare_database(
    store: Store,
    seed_data: bool,
    hasher: Hasher,
    start_up_health: Part,
    stop: CancellationToken,
) {
    let create = || store.ensure_indexes();
    if mongo::retry_until_ok("create the indexes", &stop, create)
        .await
        .is_none()
    {
        return;
    }
    if seed_data {
        store.seed(&hasher, &stop).await;
    }
    start_up_health.set(true);
}
