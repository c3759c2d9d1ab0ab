//! How the parts are put together, started and stopped.

use std::sync::Arc;

use identity::Verifier;
use service_kit::health::{self, Health, Part};
use service_kit::lifecycle::{Background, Failure};
use service_kit::{mongo, server};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::hashing::Hasher;
use crate::http::{self, App, OwnPages};
use crate::seed;
use crate::sessions::Sessions;
use crate::store::Store;

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

    let sessions = Sessions {
        store,
        hasher,
        issuer: Arc::new(issuer),
        lifetimes: config.sessions.lifetimes(),
        limits: config.sessions.login_limits(),
    };
    let app = App {
        sessions,
        verifier,
        pages: OwnPages(config.public_origins.into()),
    };
    let api = http::api(app, config.common.chaos_endpoints);
    let router = server::router(api, &health);
    server::serve(&config.common, listener, router, &health, shutdown).await?;
    background.finish(config.common.drain_timeout).await;
    Ok(())
}

/// Makes the indexes, and the development accounts with `seeding`.
async fn prepare(store: Store, seeding: Option<Hasher>, part: Part, stop: CancellationToken) {
    if mongo::until_ok("make the indexes", &stop, || store.prepare())
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
    if mongo::until_ok("load development accounts", stop, load).await == Some(true) {
        tracing::warn!("loaded development accounts, whose passwords everybody knows");
    }
}
