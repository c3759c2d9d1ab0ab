//! How the parts are put together, started and stopped.

use std::time::Duration;

use identity::{Issuer, SigningSettings, Verifier};
use runtime::health::{self, Health, Part};
use runtime::lifecycle::{Background, Failure};
use service_kit::server;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::accounts::Accounts;
use crate::attempts::Attempts;
use crate::config::Config;
use crate::hashing::Hasher;
use crate::http::{self, App, OwnPages};
use crate::seed;
use crate::sessions::Sessions;
use crate::store::Store;

/// How long a rotation of the token keys may go unnoticed.
const KEYS_READ_EVERY: Duration = Duration::from_secs(5);

/// Serves until `shutdown`. The database may come later, go away and come back.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), Failure> {
    let issuer = config.signing.issuer()?;
    let verifier = Verifier::local(&issuer);
    let database = mongo::connect("authentication", &config.mongo).await?;
    let store = Store::new(&database, config.mongo.mongodb_timeout);
    let hasher = Hasher::new(
        config.sessions.password_hashes_at_once,
        config.sessions.password_hashes_waiting,
    );

    let (health, background) = (Health::default(), Background::default());
    let stop = background.stop_token();
    background.spawn(mongo::watch(
        database,
        health.part(health::DATABASE),
        stop.clone(),
    ));
    let seeding = config.seed_data.then(|| hasher.clone());
    background.spawn(prepare(
        store.clone(),
        seeding,
        health.part(health::START_UP),
        stop,
    ));

    background.spawn(follow_keys(
        config.signing.clone(),
        issuer.clone(),
        verifier.clone(),
        background.stop_token(),
    ));

    let common = config.common.clone();
    let app = app(config, store, hasher, issuer, verifier);
    let api = http::api(app, common.chaos_endpoints);
    let router = server::router(api, &health);
    server::serve(&common, listener, router, &health, shutdown).await?;
    background.finish(common.drain_timeout).await;
    Ok(())
}

fn app(config: Config, store: Store, hasher: Hasher, issuer: Issuer, verifier: Verifier) -> App {
    let attempts = Attempts {
        store: store.clone(),
        limits: config.sessions.attempt_limits(),
    };
    App {
        accounts: Accounts {
            store: store.clone(),
            hasher: hasher.clone(),
            attempts: attempts.clone(),
        },
        sessions: Sessions {
            store,
            hasher,
            issuer,
            lifetimes: config.sessions.lifetimes(),
            attempts,
        },
        verifier,
        pages: OwnPages(config.public_origins.into()),
        proxies: config.trusted_proxies,
    }
}

/// Goes on with other keys when their files have changed, so that a rotation needs no restart.
async fn follow_keys(
    settings: SigningSettings,
    issuer: Issuer,
    verifier: Verifier,
    stop: CancellationToken,
) {
    let mut complained = None;
    while stop
        .run_until_cancelled(tokio::time::sleep(KEYS_READ_EVERY))
        .await
        .is_some()
    {
        match settings.issuer() {
            Ok(read) => {
                complained = None;
                if issuer.replace_keys(&read) {
                    verifier.clear_cache();
                    tracing::info!(target: "audit", "the token keys have changed");
                }
            }
            // Half of a rotation, perhaps; told once for each reason.
            Err(error) => {
                let reason = error.to_string();
                if complained.as_ref() != Some(&reason) {
                    tracing::error!(reason, "keeps the token keys as they were");
                    complained = Some(reason);
                }
            }
        }
    }
}

/// Makes the indexes, and the development accounts with `seeding`.
async fn prepare(store: Store, seeding: Option<Hasher>, part: Part, stop: CancellationToken) {
    if mongo::retry_until_ok("make the indexes", &stop, || store.prepare())
        .await
        .is_none()
    {
        return;
    }
    if let Some(hasher) = seeding {
        load_seed(&store, &hasher, &stop).await;
    }
    part.set(true);
}

async fn load_seed(store: &Store, hasher: &Hasher, stop: &CancellationToken) {
    let accounts = match seed::accounts(hasher).await {
        Ok(accounts) => accounts,
        Err(error) => return tracing::error!(%error, "could not make the development accounts"),
    };
    let load = || store.create_first_users(&accounts);
    if mongo::retry_until_ok("load development accounts", stop, load).await == Some(true) {
        tracing::warn!("loaded development accounts, whose passwords everybody knows");
    }
}
