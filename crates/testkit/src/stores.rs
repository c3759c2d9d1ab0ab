//! The MongoDB and the Kafka that the shops of a test run share, or that one shop has of its own.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use backing_services::{Backing, Quiet, Scratch, Tools};

/// The run's folder: logs, process ids, the signing key. A guardian clears it, and ends what was
/// started from it, even when this process is killed.
static FOLDER: LazyLock<Scratch> =
    LazyLock::new(|| Scratch::new().expect("a temporary folder can be made"));

static SHARED: LazyLock<Stores> = LazyLock::new(|| {
    let stores = from_environment().unwrap_or_else(Stores::start);
    Stores {
        own: false,
        ..stores
    }
});

/// Where a MongoDB and a Kafka are, and how they are harmed if they belong to one test.
#[derive(Clone, Debug)]
pub struct Stores {
    /// For `MONGODB_URI`.
    pub mongodb_uri: String,
    /// For `KAFKA_BROKERS`.
    pub kafka_brokers: String,
    servers: Option<Arc<Mutex<Backing>>>,
    own: bool,
}

impl Stores {
    /// Those that every test may use and none may harm.
    pub(crate) fn shared() -> Self {
        SHARED.clone()
    }

    /// Starts a MongoDB and a Kafka, which end with the last copy of this value.
    pub(crate) fn start() -> Self {
        let tools = Tools::bring(&tools_folder(), &Quiet).unwrap_or_else(|error| panic!("{error}"));
        let servers = Backing::start(&tools).unwrap_or_else(|error| panic!("{error}"));
        Self {
            mongodb_uri: servers.mongodb_uri(),
            kafka_brokers: servers.kafka_brokers(),
            servers: Some(Arc::new(Mutex::new(servers))),
            own: true,
        }
    }

    /// Whether they end with the shop that uses them.
    pub(crate) fn are_own(&self) -> bool {
        self.own
    }

    /// Kills the MongoDB as a power failure would.
    pub async fn kill_mongod(&self) {
        self.harm(|servers| servers.mongod().kill()).await;
    }

    /// Starts the MongoDB again on its data and waits until it is ready.
    pub async fn restart_mongod(&self) {
        self.harm(|servers| servers.mongod().restart()).await;
    }

    /// Halts the MongoDB: its connections stay open and nothing answers.
    pub async fn pause_mongod(&self) {
        self.harm(|servers| servers.mongod().pause()).await;
    }

    /// Lets the MongoDB go on.
    pub async fn resume_mongod(&self) {
        self.harm(|servers| servers.mongod().resume()).await;
    }

    /// Kills the Kafka as a power failure would.
    pub async fn kill_kafka(&self) {
        self.harm(|servers| servers.kafka().kill()).await;
    }

    /// Starts the Kafka again on its data and waits until it is ready.
    pub async fn restart_kafka(&self) {
        self.harm(|servers| servers.kafka().restart()).await;
    }

    async fn harm(
        &self,
        how: impl FnOnce(&mut Backing) -> backing_services::Result<()> + Send + 'static,
    ) {
        let servers = self
            .servers
            .clone()
            .filter(|_| self.own)
            .expect("only stores of a test's own are harmed");
        let done = tokio::task::spawn_blocking(move || {
            how(&mut servers.lock().unwrap_or_else(PoisonError::into_inner))
        });
        let outcome = done.await.expect("the work itself does not panic");
        outcome.unwrap_or_else(|error| panic!("{error}"));
    }
}

/// The run's folder.
pub(crate) fn folder() -> &'static Path {
    FOLDER.path()
}

fn from_environment() -> Option<Stores> {
    Some(Stores {
        mongodb_uri: std::env::var("TEST_MONGODB_URI").ok()?,
        kafka_brokers: std::env::var("TEST_KAFKA_BROKERS").ok()?,
        servers: None,
        own: false,
    })
}

fn tools_folder() -> PathBuf {
    let beside_the_project = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.shop/tools");
    std::env::var_os("TEST_TOOLS_DIR").map_or_else(beside_the_project, PathBuf::from)
}
