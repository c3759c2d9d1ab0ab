//! MongoDB and Kafka servers: shared by a test run, or dedicated to one test.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use backing_services::{ScratchDir, Silent, TestServers, Tools};

use crate::certificates::Certificates;

/// Logs, process ids and the signing key of the run. A cleanup process removes the directory and
/// ends the processes started from it, even when this process is killed.
static SCRATCH: LazyLock<ScratchDir> =
    LazyLock::new(|| ScratchDir::new().expect("cannot create the scratch directory"));

static SHARED: LazyLock<Servers> = LazyLock::new(|| {
    let servers = from_environment().unwrap_or_else(Servers::start);
    Servers {
        dedicated: false,
        ..servers
    }
});

/// A MongoDB and a Kafka. Faults can be injected only into those dedicated to one test.
#[derive(Clone, Debug)]
pub struct Servers {
    /// The value of `MONGODB_URI`.
    pub mongodb_uri: String,
    /// The brokers for the test itself, which may do everything.
    pub kafka_brokers: String,
    /// The value of `KAFKA_BROKERS` of a service, which logs in and may do only what it needs.
    pub kafka_users_brokers: String,
    /// With these, all servers and services speak TLS.
    pub certificates: Option<Arc<Certificates>>,
    processes: Option<Arc<Mutex<TestServers>>>,
    dedicated: bool,
}

impl Servers {
    /// Returns the servers that all tests share. The first call blocks while it starts them.
    pub fn shared() -> Self {
        SHARED.clone()
    }

    /// Starts dedicated servers, which end when the last clone is dropped.
    pub(crate) fn start() -> Self {
        Self::new(TestServers::start(&tools()), None)
    }

    /// Starts dedicated servers with TLS.
    pub(crate) fn start_with_tls() -> Self {
        let certificates = Certificates::new(scratch_directory());
        let processes = TestServers::start_with_tls(&tools(), certificates.files());
        Self::new(processes, Some(certificates))
    }

    fn new(
        processes: backing_services::Result<TestServers>,
        certificates: Option<Certificates>,
    ) -> Self {
        let processes = processes.unwrap_or_else(|error| panic!("{error}"));
        Self {
            mongodb_uri: processes.mongodb_uri(),
            kafka_brokers: processes.kafka_brokers(),
            kafka_users_brokers: processes.kafka_users_brokers(),
            certificates: certificates.map(Arc::new),
            processes: Some(Arc::new(Mutex::new(processes))),
            dedicated: true,
        }
    }

    pub(crate) fn are_dedicated(&self) -> bool {
        self.dedicated
    }

    /// Kills MongoDB (SIGKILL).
    pub async fn kill_mongod(&self) {
        self.inject_fault(|servers| servers.mongod().kill()).await;
    }

    /// Restarts MongoDB on its data and waits until it is ready.
    pub async fn restart_mongod(&self) {
        self.inject_fault(|servers| servers.mongod().restart())
            .await;
    }

    /// Suspends MongoDB: its connections stay open and nothing answers.
    pub async fn pause_mongod(&self) {
        self.inject_fault(|servers| servers.mongod().pause()).await;
    }

    /// Resumes MongoDB.
    pub async fn resume_mongod(&self) {
        self.inject_fault(|servers| servers.mongod().resume()).await;
    }

    /// Kills Kafka (SIGKILL).
    pub async fn kill_kafka(&self) {
        self.inject_fault(|servers| servers.kafka().kill()).await;
    }

    /// Restarts Kafka on its data and waits until it is ready.
    pub async fn restart_kafka(&self) {
        self.inject_fault(|servers| servers.kafka().restart()).await;
    }

    async fn inject_fault(
        &self,
        fault: impl FnOnce(&mut TestServers) -> backing_services::Result<()> + Send + 'static,
    ) {
        let processes = self
            .processes
            .clone()
            .filter(|_| self.dedicated)
            .expect("faults need `Builder::dedicated_servers`");
        let task = tokio::task::spawn_blocking(move || {
            fault(&mut processes.lock().unwrap_or_else(PoisonError::into_inner))
        });
        let outcome = task.await.expect("the fault does not panic");
        outcome.unwrap_or_else(|error| panic!("{error}"));
    }
}

/// The scratch directory of the run.
pub(crate) fn scratch_directory() -> &'static Path {
    SCRATCH.path()
}

fn from_environment() -> Option<Servers> {
    Some(Servers {
        mongodb_uri: std::env::var("TEST_MONGODB_URI").ok()?,
        kafka_brokers: std::env::var("TEST_KAFKA_BROKERS").ok()?,
        kafka_users_brokers: std::env::var("TEST_KAFKA_USERS_BROKERS").ok()?,
        certificates: None,
        processes: None,
        dedicated: false,
    })
}

/// The installed servers' programs.
pub(crate) fn tools() -> Tools {
    Tools::install(&tools_directory(), &Silent).unwrap_or_else(|error| panic!("{error}"))
}

fn tools_directory() -> PathBuf {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.shop/tools");
    std::env::var_os("TEST_TOOLS_DIR").map_or_else(default, PathBuf::from)
}
