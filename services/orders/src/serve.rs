//! The service from start to shutdown.

use std::time::Duration;

use messaging::consumer::{Consumer, Subscription};
use messaging::producer::Producer;
use messaging::settings::KafkaSettings;
use messaging::topics;
use runtime::clock::SystemClock;
use runtime::health::{self, Health, Part};
use runtime::lifecycle::{Background, Failure};
use service_kit::server;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, SERVICE};
use crate::consumer::ProductEventHandler;
use crate::http::{self, App};
use crate::placing::PlacementQueue;
use crate::publisher::OrderPublisher;
use crate::store::Store;
use crate::stream::Hub;
use crate::sweeper::Sweeper;

/// The timeout of stopping the background tasks, and of flushing the producer.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Serves on `listener` until `shutdown`. HTTP is available immediately; the service is ready when the
/// database, the broker and the token keys are.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), Failure> {
    let health = Health::default();
    let background = Background::default();
    let stop = background.stop_token();
    let verifier = config.tokens.verifier()?;

    let database = mongo::connect(SERVICE, &config.mongo).await?;
    let timeout = config.mongo.mongodb_timeout;
    let store = Store::new(database.clone(), timeout);
    let producer = Producer::new(&config.kafka, SERVICE)?;
    let publisher = OrderPublisher::new(producer.clone(), config.kafka.topics());
    let hub = Hub::default();
    let consumer = consumer(&config.kafka, &store)?;

    background.spawn(
        verifier
            .clone()
            .keep_fresh(health.part(health::TOKEN_KEYS), stop.clone()),
    );
    // At once: the part `broker` is not ready before the indexes exist.
    background.spawn(mongo::watch(database, health.part(health::DATABASE), stop));
    let tasks = Tasks {
        kafka: config.kafka,
        seed_data: config.seed_data,
        store: store.clone(),
        publisher: publisher.clone(),
        hub: hub.clone(),
        consumer,
        shutdown: shutdown.clone(),
        broker_health: health.part(health::BROKER),
        stream_health: health.part("stream"),
        background: background.clone(),
    };
    background.spawn(tasks.start());

    let app = App {
        placements: PlacementQueue::start(
            store.clone(),
            publisher,
            SystemClock,
            config.limits.account_limits(),
            timeout,
            &background,
        ),
        store,
        hub,
        timeout,
        verifier,
        stop: shutdown.clone(),
    };
    let api = http::router(app, &config.common);
    server::serve(&config.common, listener, api, &health, shutdown).await?;

    let finished = background.finish(SHUTDOWN_TIMEOUT).await;
    producer.flush(SHUTDOWN_TIMEOUT).await;
    finished
}

type ProductConsumer = Consumer<ProductEventHandler<Store, SystemClock>>;

fn consumer(kafka: &KafkaSettings, store: &Store) -> Result<ProductConsumer, Failure> {
    let topics = kafka.topics();
    let subscription = Subscription {
        service: SERVICE,
        topics: vec![topics.products, topics.order_status],
        crash_point: "orders.before-offsets",
    };
    let handler = ProductEventHandler {
        projection: store.clone(),
        clock: SystemClock,
    };
    Ok(Consumer::new(kafka, subscription, handler)?)
}

/// The background tasks that need the indexes.
struct Tasks {
    kafka: KafkaSettings,
    seed_data: bool,
    store: Store,
    publisher: OrderPublisher,
    hub: Hub,
    consumer: ProductConsumer,
    shutdown: CancellationToken,
    broker_health: Part,
    stream_health: Part,
    background: Background,
}

impl Tasks {
    /// Creates the indexes as soon as the database is available, then starts the tasks.
    async fn start(self) {
        let background = &self.background;
        let stop = background.stop_token();
        let indexes =
            mongo::retry_until_ok("create the indexes", &stop, || self.store.ensure_indexes());
        if indexes.await.is_none() {
            return;
        }
        if self.seed_data {
            mongo::retry_until_ok("load the development data", &stop, || self.store.seed()).await;
        }
        background.spawn(
            self.hub
                .run(self.store.clone(), self.stream_health, stop.clone()),
        );
        topics::create_with_retry(&self.kafka, &stop).await;
        let sweeper = Sweeper {
            queue: self.store,
            publisher: self.publisher,
            clock: SystemClock,
        };
        background.spawn(sweeper.run(stop.clone()));
        let (consumer, part) = (self.consumer, self.broker_health);
        background.spawn_critical(self.shutdown, async move { consumer.run(part, stop).await });
    }
}
