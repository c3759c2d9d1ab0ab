//! The service from start to shutdown.

use identity::Verifier;
use runtime::health::{self, Health, Part};
use runtime::lifecycle::{Background, Failure};
use service_kit::server;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::accounts::Accounts;
use crate::attempts::Attempts;
use crate::config::{Config, SERVICE};
use crate::hashing::Hasher;
use crate::http::{self, AllowedOrigins, App};
use crate::sessions::Sessions;
use crate::store::Store;
use crate::{seed, signing_keys};

/// Serves until `shutdown`. The database may be unavailable at the start and at any time later.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), Failure> {
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
    let accounts = Accounts {
        store: store.clone(),
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

    let database_health = health.part(health::DATABASE);
    let start_up_health = health.part(health::START_UP);
    // At once: the part `start-up` is not ready before the indexes exist.
    background.spawn(mongo::watch(database, database_health, stop.clone()));
    let seed_hasher = config.seed_data.then_some(hasher);
    let prepare = prepare_database(store, seed_hasher, start_up_health, stop.clone());
    background.spawn(prepare);
    background.spawn(signing_keys::reload(
        config.signing,
        issuer,
        verifier.clone(),
        stop,
    ));

    let app = App {
        accounts,
        sessions,
        verifier,
        origins: AllowedOrigins(config.public_origins.into()),
        proxies: config.trusted_proxies,
    };
    let router = server::router(http::router(app, &config.common), &health);
    server::serve(&config.common, listener, router, &health, shutdown).await?;

    background.finish(config.common.drain_timeout).await;
    Ok(())
}

/// Creates the indexes and, if there is a `seed_hasher`, the development accounts.
async fn prepare_database(
    store: Store,
    seed_hasher: Option<Hasher>,
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
    if let Some(hasher) = seed_hasher {
        seed::load(&store, &hasher, &stop).await;
    }
    start_up_health.set(true);
}
