//! The service from start to shutdown.

use std::sync::Arc;
use std::time::Duration;

use messaging::consumer::{Consumer, Subscription};
use messaging::producer::Producer;
use messaging::settings::KafkaSettings;
use runtime::clock::SystemClock;
use runtime::health::{self, Health, Part};
use runtime::lifecycle::{Background, Failure};
use service_kit::server;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, SERVICE};
use crate::consumer::{ProductEventHandler, ProductStateHandler};
use crate::http::{self, App};
use crate::placing::PlacementQueue;
use crate::publisher::OrderPublisher;
use crate::store::Store;
use crate::stream::Hub;
use crate::sweeper::Sweeper;

/// The timeout of stopping the background tasks, and of flushing the producer.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Serves on `listener` until `shutdown`. HTTP is available immediately; the service is ready when the
/// database and the token keys are. Without the broker, orders are placed and published later.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), Failure> {
    config.common.exposure.check_development(config.seed_data)?;
    let health = Health::default();
    let background = Background::default();
    let verifier = config.tokens.verifier(&config.common.tls)?;

    let database = mongo::connect(SERVICE, &config.mongo).await?;
    let timeout = config.mongo.mongodb_timeout;
    let store = Store::new(database.clone(), timeout);
    let producer = Producer::new(&config.kafka, SERVICE)?;
    let publisher = OrderPublisher::new(producer.clone(), config.kafka.topics());
    let hub = Hub::default();
    let consumer = consumer(&config.kafka, &store)?;
    let state_consumer = state_consumer(&config.kafka, &store)?;

    verifier.keep_fresh(&health, &background);
    mongo::watch(&database, &health, &background);
    messaging::connection::watch(&config.kafka, &health, &background);
    let tasks = Tasks {
        seed_data: config.seed_data,
        store: store.clone(),
        publisher: publisher.clone(),
        hub: hub.clone(),
        consumer: Arc::new(consumer),
        state_consumer: Arc::new(state_consumer),
        start_up_health: health.part(health::START_UP),
        stream_health: health.part("stream"),
        background: background.clone(),
    };
    background.keep_running("start-up", move |stop| tasks.clone().start(stop));

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

    background.finish(SHUTDOWN_TIMEOUT).await;
    producer.flush(SHUTDOWN_TIMEOUT).await;
    Ok(())
}

type ProductConsumer = Consumer<ProductEventHandler<Store, SystemClock>>;

fn consumer(kafka: &KafkaSettings, store: &Store) -> Result<ProductConsumer, Failure> {
    let topics = kafka.topics();
    let subscription = Subscription {
        service: SERVICE,
        purpose: None,
        topics: vec![topics.products, topics.order_status],
        crash_point: "orders.before-offsets",
    };
    let handler = ProductEventHandler {
        projection: store.clone(),
        clock: SystemClock,
    };
    Ok(Consumer::new(kafka, subscription, handler)?)
}

/// The consumer of republished product states.
fn state_consumer(
    kafka: &KafkaSettings,
    store: &Store,
) -> Result<Consumer<ProductStateHandler<Store>>, Failure> {
    let subscription = Subscription {
        service: SERVICE,
        purpose: Some(messaging::access::PRODUCT_STATES),
        topics: vec![kafka.topics().product_states],
        crash_point: "orders.before-state-offsets",
    };
    let handler = ProductStateHandler {
        projection: store.clone(),
    };
    Ok(Consumer::new(kafka, subscription, handler)?)
}

/// The background tasks that need the indexes.
#[derive(Clone)]
struct Tasks {
    seed_data: bool,
    store: Store,
    publisher: OrderPublisher,
    hub: Hub,
    consumer: Arc<ProductConsumer>,
    state_consumer: Arc<Consumer<ProductStateHandler<Store>>>,
    start_up_health: Part,
    stream_health: Part,
    background: Background,
}

impl Tasks {
    /// Creates the indexes as soon as the database is available, then starts the tasks, which run
    /// until `stop`.
    async fn start(self, stop: CancellationToken) {
        let indexes =
            mongo::retry_until_ok("create the indexes", &stop, || self.store.ensure_indexes());
        if indexes.await.is_none() {
            return;
        }
        if self.seed_data {
            mongo::retry_until_ok("load the development data", &stop, || self.store.seed()).await;
        }
        self.start_up_health.set(true);
        self.run();
        stop.cancelled().await;
    }

    fn run(self) {
        let background = &self.background;
        let (hub, store, health) = (self.hub, self.store.clone(), self.stream_health);
        background.keep_running("event-stream", move |stop| {
            hub.clone().run(store.clone(), health.clone(), stop)
        });
        let sweeper = Sweeper {
            queue: self.store,
            publisher: self.publisher,
            clock: SystemClock,
        };
        background.keep_running("sweeper", move |stop| sweeper.clone().run(stop));
        let (consumer, state_consumer) = (self.consumer, self.state_consumer);
        background.keep_running("consumer", move |stop| Arc::clone(&consumer).run(stop));
        background.keep_running("state-consumer", move |stop| {
            Arc::clone(&state_consumer).run(stop)
        });
    }
}
