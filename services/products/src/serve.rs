//! The service from start to shutdown.

use std::time::Duration;

use messaging::consumer::{Consumer, Subscription};
use messaging::outbox::Outbox;
use messaging::producer::Producer;
use messaging::settings::KafkaSettings;
use messaging::topics;
use runtime::clock::SystemClock;
use runtime::health::{self, Health, Part};
use runtime::lifecycle::{Background, Failure};
use service_kit::server;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::changing::CatalogueEditor;
use crate::config::{Config, SERVICE};
use crate::consumer::OrderEventHandler;
use crate::deciding::Decider;
use crate::http::{self, App};
use crate::messages::Messages;
use crate::republishing::Republisher;
use crate::store::Store;

/// The timeout of stopping the background tasks, and of flushing the producer.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Serves on `listener` until `shutdown`. HTTP is available immediately; the service is ready when
/// the database, the broker and the token keys are.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), Failure> {
    config.common.check_development(config.seed_data)?;
    let health = Health::default();
    let background = Background::default();
    let stop = background.stop_token();
    let verifier = config.tokens.verifier()?;

    let database = mongo::connect(SERVICE, &config.mongo).await?;
    let producer = Producer::new(&config.kafka, SERVICE)?;
    let outbox = Outbox::new(
        &database,
        producer.clone(),
        background.clone(),
        "products.after-send",
    );
    let store = Store::new(&database, outbox.clone(), config.mongo.mongodb_timeout);

    let clock = SystemClock;
    let messages = Messages::new(config.kafka.topics());
    let editor = CatalogueEditor {
        catalogue: store.clone(),
        publisher: outbox.clone(),
        clock,
        messages: messages.clone(),
    };
    let decider = Decider {
        ledger: store.clone(),
        publisher: outbox.clone(),
        clock,
        messages: messages.clone(),
    };
    let republisher = Republisher {
        states: store.clone(),
        sender: producer.clone(),
        clock,
        messages,
    };
    let subscription = Subscription {
        service: SERVICE,
        topics: vec![config.kafka.topics().orders],
        crash_point: "products.before-offsets",
    };
    let consumer = Consumer::new(&config.kafka, subscription, OrderEventHandler { decider })?;

    background.spawn(
        verifier
            .clone()
            .keep_fresh(health.part(health::TOKEN_KEYS), stop.clone()),
    );
    // At once: the part `broker` is not ready before the indexes exist.
    background.spawn(mongo::watch(database, health.part(health::DATABASE), stop));
    let tasks = Tasks {
        broker_health: health.part(health::BROKER),
        seed_data: config.seed_data,
        kafka: config.kafka,
        store: store.clone(),
        outbox,
        consumer,
        republisher,
        background: background.clone(),
        shutdown: shutdown.clone(),
    };
    background.spawn(tasks.start());

    let app = App {
        store,
        editor,
        verifier,
        timeout: config.mongo.mongodb_timeout,
    };
    let api = http::router(app, &config.common);
    server::serve(&config.common, listener, api, &health, shutdown).await?;

    let finished = background.finish(SHUTDOWN_TIMEOUT).await;
    producer.flush(SHUTDOWN_TIMEOUT).await;
    finished
}

/// The background tasks that need the indexes.
struct Tasks {
    broker_health: Part,
    seed_data: bool,
    kafka: KafkaSettings,
    store: Store,
    outbox: Outbox,
    consumer: Consumer<OrderEventHandler<Store, Outbox, SystemClock>>,
    republisher: Republisher<Store, Producer, SystemClock>,
    background: Background,
    shutdown: CancellationToken,
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
        let (outbox, sweeper_stop) = (self.outbox, stop.clone());
        background.spawn(async move { outbox.run_sweeper(sweeper_stop).await });
        topics::create_with_retry(&self.kafka, &stop).await;
        background.spawn(self.republisher.run(stop.clone()));
        background.spawn_critical(self.shutdown, self.consumer.run(self.broker_health, stop));
    }
}
