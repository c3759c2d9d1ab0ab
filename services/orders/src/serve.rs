//! The service from start to stop.

use std::time::Duration;

use messaging::consumer::{Consumer, Subscription};
use messaging::producer::Producer;
use messaging::settings::KafkaSettings;
use messaging::topics;
use runtime::health::{self, Health, Part};
use runtime::lifecycle::{Background, Failure};
use service_kit::server;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::announcing::Announcer;
use crate::config::Config;
use crate::consumer::Listener;
use crate::http::{self, App};
use crate::store::Store;
use crate::stream::Hub;
use crate::{SERVICE, placing, sweeper};

/// How long the work in the background may take to stop.
const PATIENCE: Duration = Duration::from_secs(5);

/// Serves on `listener` until `shutdown`. HTTP is there at once; readiness follows when the
/// database, the broker and the token keys are.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), Failure> {
    let health = Health::default();
    let background = Background::default();
    let stop = background.stop_token();
    let database = mongo::connect(SERVICE, &config.mongo).await?;
    let store = Store::new(database.clone(), config.mongo.mongodb_timeout);
    let producer = Producer::new(&config.kafka, SERVICE)?;
    let announcer = Announcer::new(producer.clone(), config.kafka.topics(), background.clone());
    let verifier = config.tokens.verifier()?;
    let hub = Hub::default();
    let topics = config.kafka.topics();
    let subscription = Subscription {
        service: SERVICE,
        topics: vec![topics.products, topics.order_status],
        crash_point: "orders.before-offsets",
    };
    let reader = Consumer::new(&config.kafka, subscription, Listener::new(store.clone()))?;

    background.spawn(
        verifier
            .clone()
            .keep_fresh(health.part(health::TOKEN_KEYS), stop.clone()),
    );
    background.spawn(mongo::watch(
        database,
        health.part(health::DATABASE),
        stop.clone(),
    ));
    background.spawn(start_work(Work {
        kafka: config.kafka.clone(),
        seed: config.seed_data,
        store: store.clone(),
        announcer: announcer.clone(),
        hub: hub.clone(),
        reader,
        shutdown: shutdown.clone(),
        broker: health.part(health::BROKER),
        stream: health.part("stream"),
        background: background.clone(),
    }));
    let counter = placing::open(store.clone(), announcer, &background);

    let app = App {
        counter,
        store,
        hub,
        verifier,
        stop: shutdown.clone(),
    };
    let router = server::router(http::router(app, &config.common), &health);
    server::serve(&config.common, listener, router, &health, shutdown).await?;
    let failure = background.failure();
    background.finish(PATIENCE).await;
    producer.flush(PATIENCE).await;
    failure.map_or(Ok(()), Err)
}

/// What the work in the background needs.
struct Work {
    kafka: KafkaSettings,
    seed: bool,
    store: Store,
    announcer: Announcer,
    hub: Hub,
    reader: Consumer<Listener>,
    /// Ends the service.
    shutdown: CancellationToken,
    broker: Part,
    stream: Part,
    background: Background,
}

/// Makes the database fit for use as soon as it answers, then starts the work.
async fn start_work(work: Work) {
    let stop = work.background.stop_token();
    if mongo::retry_until_ok("make the indexes", &stop, || work.store.ensure_indexes())
        .await
        .is_none()
    {
        return;
    }
    if work.seed {
        mongo::retry_until_ok("load the development data", &stop, || work.store.seed()).await;
    }
    work.background
        .spawn(work.hub.run(work.store.clone(), work.stream, stop.clone()));
    topics::create_with_retry(&work.kafka, &stop).await;
    work.background.spawn(sweeper::run(
        work.store.clone(),
        work.announcer,
        stop.clone(),
    ));
    work.background
        .spawn_critical(work.shutdown, work.reader.run(work.broker, stop));
}
