//! The service from start to stop.

use std::time::Duration;

use events::Topics;
use identity::Verifier;
use messaging::consumer::{self, Subscription};
use messaging::dead_letters::DeadLetters;
use messaging::outbox::Outbox;
use messaging::producer::Producer;
use messaging::topics;
use service_kit::health::{Health, Part};
use service_kit::lifecycle::{Background, Failure};
use service_kit::{mongo, server};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::consumer::Decider;
use crate::http::{self, App};
use crate::store::Store;

const SERVICE: &str = "products";

/// Serves on `listener` until `shutdown`. HTTP is there at once; readiness follows when the
/// database, the broker and the token keys are.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), Failure> {
    let health = Health::default();
    let background = Background::default();
    let relay = Background::default();
    let database = mongo::connect(SERVICE, &config.mongo).await?;
    let producer = Producer::new(&config.kafka, SERVICE)?;
    let outbox = Outbox::new(&database, producer.clone(), relay.clone());
    let store = Store::new(&database, outbox.clone(), config.kafka.topics());
    let verifier = config.tokens.verifier()?;

    let stop = background.stop_token();
    background.spawn(
        verifier
            .clone()
            .keep_fresh(health.part("token-keys"), stop.clone()),
    );
    background.spawn(prepare(Work {
        topics: config.kafka.topics(),
        database: health.part("mongodb"),
        broker: health.part("kafka"),
        stop: stop.clone(),
        background: background.clone(),
        config: config.clone(),
        store: store.clone(),
        outbox,
        mongo: database,
    }));

    let router = server::router(
        http::router(App { store, verifier }, &config.common),
        &health,
    );
    server::serve(&config.common, listener, router, &health, shutdown).await?;
    background.finish(Duration::from_secs(5)).await;
    relay.finish(Duration::from_secs(5)).await;
    producer.flush(Duration::from_secs(5)).await;
    Ok(())
}

struct Work {
    topics: Topics,
    database: Part,
    broker: Part,
    stop: CancellationToken,
    background: Background,
    config: Config,
    store: Store,
    outbox: Outbox,
    mongo: mongodb::Database,
}

/// Makes the store fit for use as soon as it answers, then starts the work on events.
async fn prepare(work: Work) {
    let prepared =
        mongo::until_ok("prepare the database", &work.stop, || work.store.prepare()).await;
    if prepared.is_none() {
        return;
    }
    if work.config.seed_data {
        mongo::until_ok("load development data", &work.stop, || work.store.seed()).await;
    }
    work.background
        .spawn(mongo::watch(work.mongo, work.database, work.stop.clone()));
    let (outbox, stop) = (work.outbox, work.stop.clone());
    work.background
        .spawn(async move { outbox.sweep(stop).await });
    topics::ensure_eventually(&work.config.kafka, &work.stop).await;
    let subscription = Subscription {
        service: SERVICE,
        topics: vec![work.topics.orders],
        crash_point: "products.before-offsets",
    };
    let reading = async {
        let dead_letters = DeadLetters::new(&work.config.kafka, SERVICE)?;
        let decider = Decider::new(work.store);
        consumer::run(
            &work.config.kafka,
            subscription,
            decider,
            dead_letters,
            work.broker,
            work.stop,
        )
        .await
    };
    if let Err(error) = reading.await {
        tracing::error!(%error, "cannot read events");
    }
}

impl axum::extract::FromRef<App> for Verifier {
    fn from_ref(app: &App) -> Self {
        app.verifier.clone()
    }
}
