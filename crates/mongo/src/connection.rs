//! Settings, the client, and the watch over the connection.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use mongodb::bson::doc;
use mongodb::error::ErrorKind;
use mongodb::options::{
    Acknowledgment, ClientOptions, Credential, ReadConcern, ReadPreference, SelectionCriteria,
    TlsOptions, WriteConcern,
};
use mongodb::{Client, Database};
use runtime::health::{self, Health, Part};
use runtime::lifecycle::Background;
use runtime::secret::{self, SecretError};
use runtime::settings;
use secrecy::{ExposeSecret as _, SecretString};
use tokio_util::sync::CancellationToken;

use crate::timeout::with_timeout;

/// How often [`watch`] pings the database.
const PING_INTERVAL: Duration = Duration::from_secs(1);
const PING_TIMEOUT: Duration = Duration::from_secs(3);

/// The connection settings of a service's own database.
#[derive(Args, Clone, Debug)]
pub struct MongoSettings {
    /// Connection string of the service's own replica set; it may contain a password.
    #[arg(long, env = "MONGODB_URI", hide_env_values = true)]
    pub mongodb_uri: Option<SecretString>,
    /// File with the connection string, instead of `MONGODB_URI`.
    #[arg(long, env = "MONGODB_URI_FILE")]
    pub mongodb_uri_file: Option<String>,
    /// User name, defined in the service's database, if the connection string has none.
    #[arg(long, env = "MONGODB_USERNAME")]
    pub mongodb_username: Option<String>,
    /// Password of the user.
    #[arg(long, env = "MONGODB_PASSWORD", hide_env_values = true)]
    pub mongodb_password: Option<SecretString>,
    /// File with the password, instead of `MONGODB_PASSWORD`.
    #[arg(long, env = "MONGODB_PASSWORD_FILE")]
    pub mongodb_password_file: Option<String>,
    /// File with the authorities of the servers' certificates (PEM); with it the connection uses TLS.
    #[arg(long, env = "MONGODB_CA_FILE")]
    pub mongodb_ca_file: Option<String>,
    /// Name of the database.
    #[arg(long, env = "MONGODB_DATABASE", default_value = "shop")]
    pub mongodb_database: String,
    /// Timeout of a request for the database; after it the client gets 503. Placing an order repeats its
    /// operations until then while there is no primary.
    #[arg(long, env = "MONGODB_TIMEOUT", default_value = "3s", value_parser = settings::duration)]
    pub mongodb_timeout: Duration,
}

impl MongoSettings {
    /// The credential of the settings, if the connection string has none.
    fn credential(&self) -> Result<Option<Credential>, ConnectError> {
        let password = secret::from_variable_or_file(
            "MONGODB_PASSWORD",
            self.mongodb_password.as_ref(),
            self.mongodb_password_file.as_deref(),
        )?;
        let username = self.mongodb_username.clone();
        match (username.filter(|name| !name.is_empty()), password) {
            (Some(username), Some(password)) => Ok(Some(
                Credential::builder()
                    .username(username)
                    .password(password.expose_secret().to_owned())
                    .source(self.mongodb_database.clone())
                    .build(),
            )),
            (None, None) => Ok(None),
            _ => Err(ConnectError::IncompleteCredentials),
        }
    }
}

/// Why there is no usable connection string.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Neither variable is set.
    #[error("set MONGODB_URI or MONGODB_URI_FILE")]
    Missing,
    /// A user name without a password, or the reverse.
    #[error("set both MONGODB_USERNAME and MONGODB_PASSWORD, or neither")]
    IncompleteCredentials,
    /// A secret cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The connection string is invalid. The driver's message is left out, because it quotes the
    /// invalid part, which may be a part of the password.
    #[error(
        "cannot parse MONGODB_URI; use a connection string such as mongodb://user:password@host/ \
         and, in the password, write %3F for ?, %2F for /, %40 for @ and %25 for %"
    )]
    InvalidUri,
    /// The file with the authorities cannot be used.
    #[error("cannot use MONGODB_CA_FILE: {0}")]
    Authorities(String),
}

impl ConnectError {
    fn client(error: mongodb::error::Error) -> Self {
        match *error.kind {
            ErrorKind::InvalidTlsConfig { message, .. } => Self::Authorities(message),
            _ => Self::InvalidUri,
        }
    }
}

/// Creates a client with majority reads and writes. It connects at its first operation.
pub async fn connect(app: &str, settings: &MongoSettings) -> Result<Database, ConnectError> {
    let uri = secret::from_variable_or_file(
        "MONGODB_URI",
        settings.mongodb_uri.as_ref(),
        settings.mongodb_uri_file.as_deref(),
    )?
    .ok_or(ConnectError::Missing)?;
    let mut options = ClientOptions::parse(uri.expose_secret())
        .await
        .map_err(|_| ConnectError::InvalidUri)?;
    options.app_name = Some(app.to_owned());
    if let Some(credential) = settings.credential()? {
        options.credential = Some(credential);
    }
    let authorities = settings.mongodb_ca_file.as_ref();
    if let Some(authorities) = authorities.filter(|file| !file.is_empty()) {
        let tls = TlsOptions::builder().ca_file_path(PathBuf::from(authorities));
        options.tls = Some(tls.build().into());
    }
    let mut majority = WriteConcern::builder().w(Acknowledgment::Majority).build();
    majority.journal = Some(true);
    // The server does not wait longer for a majority than the caller.
    majority.w_timeout = Some(settings.mongodb_timeout);
    options.write_concern = Some(majority);
    options.read_concern = Some(ReadConcern::majority());
    options.selection_criteria = Some(SelectionCriteria::ReadPreference(ReadPreference::Primary));
    options.max_pool_size = Some(64);
    options.max_connecting = Some(8);
    options.server_selection_timeout = Some(settings.mongodb_timeout);
    options.connect_timeout = Some(settings.mongodb_timeout);
    // Bounds how long operations hang on a server that no longer responds.
    options.heartbeat_freq = Some(Duration::from_secs(2));
    let client = Client::with_options(options).map_err(ConnectError::client)?;
    Ok(client.database(&settings.mongodb_database))
}

/// Pings the database in the background; the service is ready while it answers.
pub fn watch(database: &Database, health: &Health, background: &Background) {
    let (database, part) = (database.clone(), health.part(health::DATABASE));
    background.keep_running("database-watch", move |stop| {
        keep_pinging(database.clone(), part.clone(), stop)
    });
}

async fn keep_pinging(database: Database, part: Part, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(PING_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let database = database.clone();
        let ping = with_timeout(PING_TIMEOUT, async move {
            database.run_command(doc! { "ping": 1 }).await
        });
        tokio::select! {
            () = stop.cancelled() => return,
            result = ping => part.set(result.is_ok()),
        }
    }
}
