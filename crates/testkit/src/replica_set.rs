//! A MongoDB replica set of three members, for tests in which the majority is unavailable or the primary
//! changes.

use backing_services::{Mongod, MongodSettings, ScratchDir, free_ports};
use bson::{Document, doc};
use mongodb::Client;

use crate::eventually::eventually;
use crate::servers::tools;

/// Longer than any test, so that the primary stays primary while its secondaries are paused. A primary that
/// shuts down hands over without waiting for it.
const ELECTION_TIMEOUT_MILLIS: i32 = 600_000;

/// A primary and two secondaries, for one test. Dropping it ends them and removes their data.
pub struct ReplicaSet {
    primary: Mongod,
    secondaries: [Mongod; 2],
    // The last field is dropped last: the servers have ended before their directory is removed.
    _scratch: ScratchDir,
}

impl ReplicaSet {
    /// Starts the members and waits until all have the data of the primary.
    pub async fn start() -> Self {
        let members = tokio::task::spawn_blocking(Self::spawn);
        let members = members.await.expect("the members start");
        members.add_secondaries().await;
        members
    }

    /// The connection string.
    pub fn uri(&self) -> String {
        self.primary.settings().uri()
    }

    /// A client whose writes are acknowledged by the primary alone.
    pub async fn primary_client(&self) -> Client {
        let client = Client::with_uri_str(format!("{}&w=1", self.uri())).await;
        client.expect("the connection string is valid")
    }

    /// Suspends the secondaries: the primary writes, but no majority acknowledges.
    pub fn pause_secondaries(&self) {
        for secondary in &self.secondaries {
            secondary.pause().expect("the process runs");
        }
    }

    /// Resumes the secondaries.
    pub fn resume_secondaries(&self) {
        for secondary in &self.secondaries {
            secondary.resume().expect("the process runs");
        }
    }

    /// Shuts the primary down as SIGTERM does in production: it hands over to a secondary, and ends.
    pub async fn shut_down_primary(&self) {
        let admin = self.primary_client().await.database("admin");
        let ended = admin.run_command(doc! { "shutdown": 1, "timeoutSecs": 5 });
        // The server closes the connection instead of a response.
        drop(ended.await);
    }

    /// The number of documents that a majority has.
    pub async fn count(&self, database: &str, collection: &str) -> u64 {
        let client = self.members_client().await;
        let collection = client.database(database).collection::<Document>(collection);
        let count = collection.count_documents(doc! {}).await;
        count.expect("the members respond")
    }

    /// A client that finds the primary through any member.
    async fn members_client(&self) -> Client {
        let members = [&self.primary, &self.secondaries[0], &self.secondaries[1]];
        let hosts = members.map(|member| format!("127.0.0.1:{}", member.settings().port));
        let uri = format!(
            "mongodb://{}/?replicaSet=rs-test&readConcernLevel=majority",
            hosts.join(",")
        );
        let client = Client::with_uri_str(uri).await;
        client.expect("the connection string is valid")
    }

    fn spawn() -> Self {
        let (tools, scratch) = (tools(), ScratchDir::new().expect("a scratch directory"));
        let ports: [u16; 3] = free_ports().expect("three free ports");
        let [mut primary, first, second] = ports.map(|port| {
            let name = format!("mongod-{port}");
            let settings = MongodSettings {
                replica_set: "rs-test".to_owned(),
                data: scratch.path().join(&name),
                name,
                port,
                tls: None,
            };
            Mongod::spawn(settings, &tools, scratch.path()).expect("mongod starts")
        });
        // It initiates a replica set of itself.
        primary.wait_until_ready().expect("the primary is ready");
        Self {
            primary,
            secondaries: [first, second],
            _scratch: scratch,
        }
    }

    async fn add_secondaries(&self) {
        let client = self.primary_client().await;
        let admin = client.database("admin");
        let member = |id: i32, mongod: &Mongod| {
            let host = format!("127.0.0.1:{}", mongod.settings().port);
            doc! { "_id": id, "host": host }
        };
        let config = doc! {
            "_id": "rs-test",
            "version": 2,
            "members": [
                member(0, &self.primary),
                member(1, &self.secondaries[0]),
                member(2, &self.secondaries[1]),
            ],
            "settings": { "electionTimeoutMillis": ELECTION_TIMEOUT_MILLIS },
        };
        // Forced, because otherwise only one member may be added at a time.
        let reconfigure = doc! { "replSetReconfig": config, "force": true };
        eventually("the secondaries are added", async || {
            let added = admin.run_command(reconfigure.clone()).await;
            added.map(drop).map_err(|error| error.to_string())
        })
        .await;
        eventually("the secondaries have the data", async || {
            let report = admin.run_command(doc! { "replSetGetStatus": 1 }).await;
            let report = report.map_err(|error| error.to_string())?;
            let members = report.get_array("members").into_iter().flatten();
            let states =
                members.filter_map(|member| member.as_document()?.get_str("stateStr").ok());
            let ready = states.filter(|state| *state == "SECONDARY").count();
            (ready == 2)
                .then_some(())
                .ok_or_else(|| format!("{report}"))
        })
        .await;
    }
}

/// The operations on `client`'s server that match `filter`, as `currentOp` reports them.
pub async fn operations(client: &Client, filter: Document) -> Vec<Document> {
    let mut command = doc! { "currentOp": 1 };
    command.extend(filter);
    let report = client.database("admin").run_command(command).await;
    let report = report.expect("the server responds");
    let operations = report.get_array("inprog").into_iter().flatten();
    operations
        .filter_map(|operation| operation.as_document().cloned())
        .collect()
}
