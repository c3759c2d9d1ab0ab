//! The service from start to shutdown.

use std::time::Duration;

use identity::{Issuer, Verifier};
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
    config.common.exposure.check_development(config.seed_data)?;
    let health = Health::default();
    let background = Background::default();
    let issuer = config.signing.issuer()?;

    let database = mongo::connect(SERVICE, &config.mongo).await?;
    let store = Store::new(&database, config.mongo.mongodb_timeout);
    let hasher = Hasher::new(
        config.sessions.password_hashes_at_once,
        config.sessions.password_hashes_waiting,
    );
    let app = app(&config, &store, &hasher, &issuer);

    mongo::watch(&database, &health, &background);
    let preparation = Preparation {
        store,
        seed_data: config.seed_data,
        hasher,
        start_up_health: health.part(health::START_UP),
    };
    background.keep_running("start-up", move |stop| preparation.clone().run(stop));
    let keys = (config.signing, issuer, app.verifier.clone());
    background.keep_running("signing-keys", move |stop| {
        let (signing, issuer, verifier) = keys.clone();
        signing_keys::reload(signing, issuer, verifier, stop)
    });

    let api = http::router(app, &config.common);
    server::serve(&config.common, listener, api, &health, shutdown).await?;

    background.finish(SHUTDOWN_TIMEOUT).await;
    Ok(())
}

/// Wires the use cases.
fn app(config: &Config, store: &Store, hasher: &Hasher, issuer: &Issuer) -> App {
    let attempts = Attempts {
        store: store.clone(),
        limits: config.sessions.attempt_limits(),
    };
    App {
        registration: Registration {
            users: store.users.clone(),
            hasher: hasher.clone(),
            attempts: attempts.clone(),
        },
        sessions: Sessions {
            store: store.clone(),
            hasher: hasher.clone(),
            issuer: issuer.clone(),
            lifetimes: config.sessions.lifetimes(),
            attempts,
        },
        verifier: Verifier::local(issuer),
        origins: AllowedOrigins(config.common.exposure.public_origins.clone().into()),
        proxies: config.trusted_proxies.clone(),
        timeout: config.mongo.mongodb_timeout,
    }
}

/// The preparation of the database.
#[derive(Clone)]
struct Preparation {
    store: Store,
    seed_data: bool,
    hasher: Hasher,
    start_up_health: Part,
}

impl Preparation {
    /// Creates the indexes, and with `seed_data` the development accounts; without it, removes them. Then
    /// waits for `stop`.
    async fn run(self, stop: CancellationToken) {
        let create = || self.store.ensure_indexes();
        if mongo::retry_until_ok("create the indexes", &stop, create)
            .await
            .is_none()
        {
            return;
        }
        if self.seed_data {
            self.store.seed(&self.hasher, &stop).await;
        } else {
            self.store.remove_seed(&self.hasher, &stop).await;
        }
        self.start_up_health.set(true);
        stop.cancelled().await;
    }
}
