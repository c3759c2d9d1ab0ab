//! The servers that tests need, in one value.

use crate::error::Result;
use crate::kafka::{Kafka, KafkaSettings};
use crate::mongod::{Mongod, MongodSettings};
use crate::port::free_ports;
use crate::scratch::ScratchDir;
use crate::tls_files::TlsFiles;
use crate::tools::Tools;

/// One empty MongoDB and one empty Kafka on free ports, with their data in a scratch directory.
///
/// Dropping it kills both and removes the directory. So does the end of this process, even by
/// SIGKILL.
#[derive(Debug)]
pub struct TestServers {
    mongod: Mongod,
    kafka: Kafka,
    // The last field is dropped last: the servers have ended before their directory is removed.
    scratch: ScratchDir,
}

impl TestServers {
    /// Starts both servers in parallel and waits until both are ready.
    pub fn start(tools: &Tools) -> Result<Self> {
        Self::start_with(tools, None)
    }

    /// The same with TLS.
    pub fn start_with_tls(tools: &Tools, tls: TlsFiles) -> Result<Self> {
        Self::start_with(tools, Some(tls))
    }

    fn start_with(tools: &Tools, tls: Option<TlsFiles>) -> Result<Self> {
        let scratch = ScratchDir::new()?;
        let folder = scratch.path();
        let [mongod_port, port, controller_port, users_port] = free_ports()?;
        let mongod = MongodSettings {
            name: "mongod".to_owned(),
            replica_set: "rs-test".to_owned(),
            data: folder.join("mongod"),
            port: mongod_port,
            tls: tls.clone(),
        };
        let kafka = KafkaSettings {
            name: "kafka".to_owned(),
            data: folder.join("kafka"),
            port,
            controller_port,
            users_port: Some(users_port),
            tls,
            // A benchmark runs for long.
            short_lived: cfg!(debug_assertions),
        };

        let mut mongod = Mongod::spawn(mongod, tools, folder)?;
        let mut kafka = Kafka::spawn(kafka, tools, folder)?;
        mongod.wait_until_ready()?;
        kafka.wait_until_ready()?;
        Ok(Self {
            mongod,
            kafka,
            scratch,
        })
    }

    /// The connection string of MongoDB.
    pub fn mongodb_uri(&self) -> String {
        self.mongod.settings().uri()
    }

    /// The list for Kafka's `bootstrap.servers`.
    pub fn kafka_brokers(&self) -> String {
        self.kafka.settings().brokers()
    }

    /// The same for clients that log in as one of [`KAFKA_USERS`](crate::KAFKA_USERS).
    pub fn kafka_users_brokers(&self) -> String {
        self.kafka.settings().users_brokers().unwrap_or_default()
    }

    /// The MongoDB, to be killed and restarted.
    pub fn mongod(&mut self) -> &mut Mongod {
        &mut self.mongod
    }

    /// The Kafka, to be killed and restarted.
    pub fn kafka(&mut self) -> &mut Kafka {
        &mut self.kafka
    }

    /// The scratch directory, which contains the logs. Tests may put their own files there.
    pub fn scratch(&self) -> &ScratchDir {
        &self.scratch
    }
}
