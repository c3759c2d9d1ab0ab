//! The service from start to shutdown.

use std::sync::Arc;
use std::time::Duration;

use messaging::consumer::{Consumer, Subscription};
use messaging::outbox::Outbox;
use messaging::producer::Producer;
use runtime::clock::SystemClock;
use runtime::health::{self, Health, Part};
use runtime::lifecycle::{Background, Failure};
use service_kit::server;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::archiving::Archiver;
use crate::changing::CatalogueEditor;
use crate::config::{Config, SERVICE};
use crate::consumer::OrderEventHandler;
use crate::deciding::Decider;
use crate::http::{self, App, CompleteLists};
use crate::messages::Messages;
use crate::republishing::Republisher;
use crate::store::Store;

/// The timeout of stopping the background tasks, and of flushing the producer.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Serves on `listener` until `shutdown`. HTTP is available immediately; the service is ready when
/// the database and the token keys are. Without the broker, changes are stored and published later.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), Failure> {
    config.check()?;
    let health = Health::default();
    let background = Background::default();
    let verifier = config.tokens.verifier(&config.common.tls)?;

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
        replica: Store::new_replica(),
        interval: config.republish_interval,
    };
    let archiver = Archiver {
        archive: store.clone(),
        clock,
        age: config.archive_after,
        interval: config.archive_interval,
    };
    let subscription = Subscription {
        service: SERVICE,
        purpose: None,
        topics: vec![config.kafka.topics().orders],
        crash_point: "products.before-offsets",
    };
    let consumer = Consumer::new(&config.kafka, subscription, OrderEventHandler { decider })?;

    verifier.keep_fresh(&health, &background);
    mongo::watch(&database, &health, &background);
    messaging::connection::watch(&config.kafka, &health, &background);
    let tasks = Tasks {
        start_up_health: health.part(health::START_UP),
        seed_data: config.seed_data,
        store: store.clone(),
        outbox,
        consumer: Arc::new(consumer),
        republisher,
        archiver,
        background: background.clone(),
    };
    background.keep_running("start-up", move |stop| tasks.clone().start(stop));

    let app = App {
        store,
        lists: CompleteLists::new(config.mongo.mongodb_timeout),
        editor,
        verifier,
        timeout: config.mongo.mongodb_timeout,
    };
    let api = http::router(app, &config.common);
    server::serve(&config.common, listener, api, &health, shutdown).await?;

    background.finish(SHUTDOWN_TIMEOUT).await;
    producer.flush(SHUTDOWN_TIMEOUT).await;
    Ok(())
}

/// The background tasks that need the indexes.
#[derive(Clone)]
struct Tasks {
    start_up_health: Part,
    seed_data: bool,
    store: Store,
    outbox: Outbox,
    consumer: Arc<Consumer<OrderEventHandler<Store, Outbox, SystemClock>>>,
    republisher: Republisher<Store, Producer, SystemClock>,
    archiver: Archiver<Store, SystemClock>,
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
        let outbox = self.outbox;
        background.keep_running("outbox", move |stop| outbox.clone().run_sweeper(stop));
        let archiver = self.archiver;
        background.keep_running("archiver", move |stop| archiver.clone().run(stop));
        let republisher = self.republisher;
        background.keep_running("republisher", move |stop| republisher.clone().run(stop));
        let consumer = self.consumer;
        background.keep_running("consumer", move |stop| Arc::clone(&consumer).run(stop));
    }
}
