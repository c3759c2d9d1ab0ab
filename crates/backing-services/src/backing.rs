//! Everything a test needs, in one value.

use crate::{Kafka, KafkaSettings, Mongod, MongodSettings, Result, Scratch, Tools, free_ports};

/// One MongoDB and one Kafka, fresh and empty, on free ports, with their data in a temporary
/// folder.
///
/// Dropping it kills both and removes the folder; so does the end of this process, however it
/// comes.
#[derive(Debug)]
pub struct Backing {
    mongod: Mongod,
    kafka: Kafka,
    // The last field is dropped last: the servers have ended when their folder goes.
    scratch: Scratch,
}

impl Backing {
    /// Starts both at the same time and waits until both are ready.
    pub fn start(tools: &Tools) -> Result<Self> {
        let scratch = Scratch::new()?;
        let folder = scratch.path();
        let [mongod_port, port, controller_port] = free_ports()?;
        let mongod = MongodSettings {
            name: "mongod".to_owned(),
            replica_set: "rs-test".to_owned(),
            data: folder.join("mongod"),
            port: mongod_port,
        };
        let kafka = KafkaSettings {
            name: "kafka".to_owned(),
            data: folder.join("kafka"),
            port,
            controller_port,
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

    /// How a client reaches the MongoDB.
    pub fn mongodb_uri(&self) -> String {
        self.mongod.settings().uri()
    }

    /// How a client reaches the Kafka: the list for `bootstrap.servers`.
    pub fn kafka_brokers(&self) -> String {
        self.kafka.settings().brokers()
    }

    /// The MongoDB, to be killed and restarted.
    pub fn mongod(&mut self) -> &mut Mongod {
        &mut self.mongod
    }

    /// The Kafka, to be killed and restarted.
    pub fn kafka(&mut self) -> &mut Kafka {
        &mut self.kafka
    }

    /// The temporary folder: the logs are in it, and whatever else a test wants gone afterwards can
    /// be.
    pub fn scratch(&self) -> &Scratch {
        &self.scratch
    }
}
