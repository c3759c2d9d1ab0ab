//! MongoDB: its command line, and how a lone server becomes a replica set of one.

use std::{fs, path::PathBuf, process::Command};

use bson::{Document, doc};

use crate::{BackingService, Error, Readiness, Result, Tools, mongo_wire::run_command};

/// The code of the answer "this server has no replica set configuration yet".
/// Source: `error_codes.yml` in MongoDB's code.
const NOT_YET_INITIALIZED: i32 = 94;

/// What one `mongod` is started with.
#[derive(Debug, Clone)]
pub struct MongodSettings {
    /// The name in messages, and of the log.
    pub name: String,
    /// The replica set it is the only member of.
    pub replica_set: String,
    /// Its data folder; made when missing.
    pub data: PathBuf,
    /// The port at 127.0.0.1.
    pub port: u16,
}

impl MongodSettings {
    /// How a client reaches it.
    pub fn uri(&self) -> String {
        format!(
            "mongodb://{}/?replicaSet={}",
            self.member(),
            self.replica_set
        )
    }

    fn member(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Gives a server without a usable configuration one: it has none yet, or one with the port of
    /// an earlier start.
    fn configure(&self) -> Result<(), String> {
        let answer = command(self.port, doc! { "replSetGetConfig": 1 })?;
        if answer
            .get_i32("code")
            .is_ok_and(|code| code == NOT_YET_INITIALIZED)
        {
            let members = vec![doc! { "_id": 0, "host": self.member() }];
            return self.apply(
                doc! { "replSetInitiate": { "_id": &self.replica_set, "members": members } },
            );
        }
        let mut config = answer
            .get_document("config")
            .map_err(|_| refusal(&answer))?
            .clone();
        let version = config.get_i32("version").unwrap_or_default();
        config.insert("version", version + 1);
        let member = config
            .get_array_mut("members")
            .ok()
            .and_then(|members| members.first_mut()?.as_document_mut());
        member
            .ok_or("its replica set has no member")?
            .insert("host", self.member());
        self.apply(doc! { "replSetReconfig": config, "force": true })
    }

    fn apply(&self, change: Document) -> Result<(), String> {
        let answer = command(self.port, change)?;
        if succeeded(&answer) {
            Ok(())
        } else {
            Err(refusal(&answer))
        }
    }
}

impl BackingService for MongodSettings {
    fn name(&self) -> &str {
        &self.name
    }

    fn port(&self) -> u16 {
        self.port
    }

    fn prepare(&self, _tools: &Tools) -> Result<()> {
        fs::create_dir_all(&self.data).map_err(Error::file("create", &self.data))
    }

    fn command(&self, tools: &Tools) -> Command {
        let mut command = Command::new(&tools.mongod);
        command
            .args([
                "--replSet",
                &self.replica_set,
                "--bind_ip",
                "127.0.0.1",
                "--port",
                &self.port.to_string(),
            ])
            .arg("--dbpath")
            .arg(&self.data)
            // A socket in /tmp would be one more thing for two shops to fight over.
            .args(["--nounixsocket", "--quiet"])
            .args(["--wiredTigerCacheSizeGB", "0.25"])
            // The smallest oplog allowed, which then grows to hold an hour of changes, so that
            // streams can be resumed.
            .args(["--oplogSize", "990", "--oplogMinRetentionHours", "1"])
            // Journal files are allocated ahead, three of them, 100 MB each by default.
            .args(["--wiredTigerEngineConfigString", "log=(file_max=16MB)"])
            .args(["--setParameter", "diagnosticDataCollectionEnabled=false"])
            // A client that is killed leaves its transaction behind, which keeps others from the
            // same documents until it expires: after a minute by default.
            .args(["--setParameter", "transactionLifetimeLimitSeconds=3"])
            // There is no secondary to hand over to, so waiting for one is of no use.
            .args([
                "--setParameter",
                "shutdownTimeoutMillisForSignaledShutdown=100",
            ]);
        command
    }

    fn readiness(&self) -> Readiness {
        let hello = match command(self.port, doc! { "hello": 1 }) {
            Ok(hello) => hello,
            Err(reason) => return Readiness::NotYet(reason),
        };
        let says = |key| hello.get_bool(key).unwrap_or_default();
        if says("isWritablePrimary") && hello.get_str("me").is_ok_and(|me| me == self.member()) {
            return Readiness::Ready;
        }
        // Said by a server that was started for a replica set and has no configuration with itself
        // in it.
        if says("isreplicaset")
            && let Err(reason) = self.configure()
        {
            return Readiness::NotYet(reason);
        }
        Readiness::NotYet("it is not yet the primary of its replica set".to_owned())
    }

    fn is_telling(&self, line: &str) -> bool {
        // It logs many lines of JSON while it shuts down; the reason is an error (E) or fatal (F).
        line.contains(r#""s":"E""#) || line.contains(r#""s":"F""#)
    }
}

fn command(port: u16, command: Document) -> Result<Document, String> {
    run_command(port, command).map_err(|error| format!("it does not answer: {error}"))
}

fn succeeded(answer: &Document) -> bool {
    answer.get_f64("ok").is_ok_and(|ok| ok > 0.0)
}

fn refusal(answer: &Document) -> String {
    answer
        .get_str("errmsg")
        .unwrap_or("it gave no reason")
        .to_owned()
}
