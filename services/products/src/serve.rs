//! The service from start to stop.

use std::time::Duration;

use identity::Verifier;
use messaging::consumer::{Consumer, Subscription};
use messaging::outbox::Outbox;
use messaging::producer::Producer;
use messaging::topics;
use runtime::health::{self, Health, Part};
use runtime::lifecycle::{Background, Failure};
use service_kit::server;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::consumer::Decider;
use crate::http::{self, App};
use crate::store::Store;
use crate::{SERVICE, retelling};

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
    let outbox = Outbox::new(
        &database,
        producer.clone(),
        relay.clone(),
        "products.after-send",
    );
    let store = Store::new(
        &database,
        outbox.clone(),
        config.kafka.topics(),
        config.mongo.mongodb_timeout,
    );
    let verifier = config.tokens.verifier()?;
    let subscription = Subscription {
        service: SERVICE,
        topics: vec![config.kafka.topics().orders],
        crash_point: "products.before-offsets",
    };
    let reader = Consumer::new(&config.kafka, subscription, Decider::new(store.clone()))?;

    let stop = background.stop_token();
    background.spawn(
        verifier
            .clone()
            .keep_fresh(health.part(health::TOKEN_KEYS), stop.clone()),
    );
    background.spawn(prepare(Work {
        database: health.part(health::DATABASE),
        broker: health.part(health::BROKER),
        stop: stop.clone(),
        background: background.clone(),
        config: config.clone(),
        store: store.clone(),
        outbox,
        producer: producer.clone(),
        reader,
        shutdown: shutdown.clone(),
        mongo: database,
    }));

    let router = server::router(
        http::router(App { store, verifier }, &config.common),
        &health,
    );
    server::serve(&config.common, listener, router, &health, shutdown).await?;
    let failure = background.failure();
    background.finish(Duration::from_secs(5)).await;
    relay.finish(Duration::from_secs(5)).await;
    producer.flush(Duration::from_secs(5)).await;
    failure.map_or(Ok(()), Err)
}

/// What the work in the background needs.
struct Work {
    database: Part,
    broker: Part,
    stop: CancellationToken,
    background: Background,
    config: Config,
    store: Store,
    outbox: Outbox,
    producer: Producer,
    reader: Consumer<Decider>,
    /// Ends the service.
    shutdown: CancellationToken,
    mongo: mongodb::Database,
}

/// Makes the store fit for use as soon as it answers, then starts the work on events.
async fn prepare(work: Work) {
    let prepared =
        mongo::retry_until_ok("prepare the database", &work.stop, || work.store.prepare()).await;
    if prepared.is_none() {
        return;
    }
    if work.config.seed_data {
        mongo::retry_until_ok("load development data", &work.stop, || work.store.seed()).await;
    }
    work.background
        .spawn(mongo::watch(work.mongo, work.database, work.stop.clone()));
    let (outbox, stop) = (work.outbox, work.stop.clone());
    work.background
        .spawn(async move { outbox.run_sweeper(stop).await });
    topics::create_with_retry(&work.config.kafka, &work.stop).await;
    work.background.spawn(retelling::run(
        work.store,
        work.producer,
        work.config.kafka.topics(),
        work.stop.clone(),
    ));
    work.background
        .spawn_critical(work.shutdown, work.reader.run(work.broker, work.stop));
}

impl axum::extract::FromRef<App> for Verifier {
    fn from_ref(app: &App) -> Self {
        app.verifier.clone()
    }
}
