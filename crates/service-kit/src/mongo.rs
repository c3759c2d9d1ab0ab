//! A MongoDB connection with majority writes, and the watch over it.

use std::time::Duration;

use clap::Args;
use mongodb::bson::doc;
use mongodb::options::{Acknowledgment, ClientOptions, ReadConcern, SelectionCriteria, WriteConcern};
use mongodb::{Client, Database};
use tokio_util::sync::CancellationToken;

use crate::health::Part;
use crate::settings;

/// Where a service's own database is.
#[derive(Args, Clone)]
pub struct MongoSettings {
    /// Connection string of the service's own replica set.
    #[arg(long, env = "MONGODB_URI", hide_env_values = true)]
    pub mongodb_uri: String,
    /// Name of the database.
    #[arg(long, env = "MONGODB_DATABASE", default_value = "shop")]
    pub mongodb_database: String,
    /// How long a call waits for a database that is away before it is answered 503.
    #[arg(long, env = "MONGODB_TIMEOUT", default_value = "3s", value_parser = settings::duration)]
    pub mongodb_timeout: Duration,
}

impl std::fmt::Debug for MongoSettings {
    /// The connection string may hold a password.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("MongoSettings").field("database", &self.mongodb_database).finish_non_exhaustive()
    }
}

/// A client for `settings`. Nothing is connected yet: that happens at the first call.
pub async fn connect(app: &str, settings: &MongoSettings) -> Result<Database, ConnectError> {
    let mut options =
        ClientOptions::parse(&settings.mongodb_uri).await.map_err(|source| ConnectError { source })?;
    options.app_name = Some(app.to_owned());
    let mut majority = WriteConcern::builder().w(Acknowledgment::Majority).build();
    majority.journal = Some(true);
    options.write_concern = Some(majority);
    options.read_concern = Some(ReadConcern::majority());
    options.selection_criteria =
        Some(SelectionCriteria::ReadPreference(mongodb::options::ReadPreference::Primary));
    options.max_pool_size = Some(64);
    options.max_connecting = Some(8);
    options.server_selection_timeout = Some(settings.mongodb_timeout);
    options.connect_timeout = Some(settings.mongodb_timeout);
    let client = Client::with_options(options).map_err(|source| ConnectError { source })?;
    Ok(client.database(&settings.mongodb_database))
}

/// The connection string cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("MONGODB_URI is not a usable connection string")]
pub struct ConnectError {
    source: mongodb::error::Error,
}

/// Calls `attempt` until it succeeds, which it does not while the database is away.
pub async fn until_ok<F, T>(what: &str, stop: &CancellationToken, mut attempt: impl FnMut() -> F) -> Option<T>
where
    F: Future<Output = Result<T, mongodb::error::Error>>,
{
    loop {
        match attempt().await {
            Ok(value) => return Some(value),
            Err(error) => tracing::warn!(%error, "cannot {what} yet; tries again"),
        }
        tokio::select! {
            () = stop.cancelled() => return None,
            () = tokio::time::sleep(Duration::from_millis(100)) => {}
        }
    }
}

/// Keeps `part` true to whether the database answers, until `stop`.
pub async fn watch(database: Database, part: Part, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        part.set(database.run_command(doc! { "ping": 1 }).await.is_ok());
    }
}
