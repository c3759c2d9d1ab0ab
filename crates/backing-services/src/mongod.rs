//! MongoDB: command line, and the replica set of one member.

use std::{fs, io, path::PathBuf, process::Command};

use bson::{Document, doc};

use crate::error::{Error, Result};
use crate::mongo_wire::run_command;
use crate::server::{BackingService, Readiness, Server};
use crate::tls_files::TlsFiles;
use crate::tools::Tools;

/// The error code of a server that has no replica set configuration yet.
/// Source: `error_codes.yml` in MongoDB's code.
const NOT_YET_INITIALIZED: i32 = 94;

/// A running MongoDB server.
pub type Mongod = Server<MongodSettings>;

/// The settings of one `mongod`.
#[derive(Debug, Clone)]
pub struct MongodSettings {
    /// The name in messages, and of the log file.
    pub name: String,
    /// The replica set, of which it is the only member.
    pub replica_set: String,
    /// The data folder; created when missing.
    pub data: PathBuf,
    /// The port at 127.0.0.1.
    pub port: u16,
    /// With these, clients may use TLS. They need not, because the check of the readiness does not.
    pub tls: Option<TlsFiles>,
}

impl MongodSettings {
    /// The connection string.
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

    /// Whether it is the primary. Configures the replica set if that does not contain this server.
    fn is_primary(&self) -> Result<bool, MongodError> {
        let hello = run_command(self.port, doc! { "hello": 1 }).map_err(MongodError::NoResponse)?;
        let is = |key| hello.get_bool(key).unwrap_or_default();
        if is("isWritablePrimary") && hello.get_str("me").is_ok_and(|me| me == self.member()) {
            return Ok(true);
        }
        // A server of a replica set without a configuration that contains this server.
        if is("isreplicaset") {
            self.configure()?;
        }
        Ok(false)
    }

    /// Initiates the replica set, or replaces the port of an earlier start in its configuration.
    fn configure(&self) -> Result<(), MongodError> {
        let response = run_command(self.port, doc! { "replSetGetConfig": 1 })
            .map_err(MongodError::NoResponse)?;
        if response
            .get_i32("code")
            .is_ok_and(|code| code == NOT_YET_INITIALIZED)
        {
            let members = vec![doc! { "_id": 0, "host": self.member() }];
            return self.apply(
                doc! { "replSetInitiate": { "_id": &self.replica_set, "members": members } },
            );
        }
        let mut config = response
            .get_document("config")
            .map_err(|_| MongodError::refused(&response))?
            .clone();
        let version = config.get_i32("version").unwrap_or_default();
        config.insert("version", version + 1);
        let member = config
            .get_array_mut("members")
            .ok()
            .and_then(|members| members.first_mut()?.as_document_mut());
        member
            .ok_or(MongodError::NoMember)?
            .insert("host", self.member());
        self.apply(doc! { "replSetReconfig": config, "force": true })
    }

    fn apply(&self, change: Document) -> Result<(), MongodError> {
        let response = run_command(self.port, change).map_err(MongodError::NoResponse)?;
        if response.get_f64("ok").is_ok_and(|ok| ok > 0.0) {
            Ok(())
        } else {
            Err(MongodError::refused(&response))
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
            // Two shops would conflict on a socket in /tmp.
            .args(["--nounixsocket", "--quiet"])
            .args(["--wiredTigerCacheSizeGB", "0.25"])
            // The smallest oplog allowed. It grows to hold an hour of changes, so that change
            // streams can be resumed.
            .args(["--oplogSize", "990", "--oplogMinRetentionHours", "1"])
            // MongoDB preallocates three journal files, 100 MB each by default.
            .args(["--wiredTigerEngineConfigString", "log=(file_max=16MB)"])
            .args(["--setParameter", "diagnosticDataCollectionEnabled=false"])
            // The open transaction of a killed client locks its documents until it expires, after a
            // minute by default.
            .args(["--setParameter", "transactionLifetimeLimitSeconds=3"])
            // There is no secondary to wait for.
            .args([
                "--setParameter",
                "shutdownTimeoutMillisForSignaledShutdown=100",
            ]);
        if let Some(tls) = &self.tls {
            command
                .args(["--tlsMode", "preferTLS", "--tlsCertificateKeyFile"])
                .arg(&tls.key_and_certificate)
                .arg("--tlsCAFile")
                .arg(&tls.authorities)
                .arg("--tlsAllowConnectionsWithoutCertificates");
        }
        command
    }

    fn readiness(&self) -> Readiness {
        match self.is_primary() {
            Ok(true) => Readiness::Ready,
            Ok(false) => {
                Readiness::NotYet("it is not the primary of its replica set yet".to_owned())
            }
            Err(error) => Readiness::NotYet(error.to_string()),
        }
    }

    fn explains_exit(&self, line: &str) -> bool {
        // It logs many lines of JSON while it shuts down; the cause has severity error or fatal.
        line.contains(r#""s":"E""#) || line.contains(r#""s":"F""#)
    }
}

/// Why the replica set could not be checked or configured.
#[derive(Debug, thiserror::Error)]
enum MongodError {
    #[error("it does not respond: {0}")]
    NoResponse(io::Error),
    #[error("{0}")]
    Refused(String),
    #[error("the replica set has no member")]
    NoMember,
}

impl MongodError {
    fn refused(response: &Document) -> Self {
        let message = response.get_str("errmsg").unwrap_or("no error message");
        Self::Refused(message.to_owned())
    }
}
