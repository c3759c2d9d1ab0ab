//! A MongoDB connection with majority writes, and the watch over it.

pub mod decimal;

use std::time::Duration;

use clap::Args;
use mongodb::bson::doc;
use mongodb::error::{ErrorKind, WriteFailure};
use mongodb::options::{
    Acknowledgment, ClientOptions, Credential, ReadConcern, SelectionCriteria, WriteConcern,
};
use mongodb::{Client, Database};
use secrecy::{ExposeSecret as _, SecretString};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::health::Part;
use crate::problem::Problem;
use crate::secret::{self, SecretError};
use crate::settings;

/// Where a service's own database is.
#[derive(Args, Clone, Debug)]
pub struct MongoSettings {
    /// Connection string of the service's own replica set; it may hold a password.
    #[arg(long, env = "MONGODB_URI", hide_env_values = true)]
    pub mongodb_uri: Option<SecretString>,
    /// File with the connection string, instead.
    #[arg(long, env = "MONGODB_URI_FILE")]
    pub mongodb_uri_file: Option<String>,
    /// The service's user, of that very database, where the connection string names none.
    #[arg(long, env = "MONGODB_USERNAME")]
    pub mongodb_username: Option<String>,
    /// The user's password.
    #[arg(long, env = "MONGODB_PASSWORD", hide_env_values = true)]
    pub mongodb_password: Option<SecretString>,
    /// File with the password, instead.
    #[arg(long, env = "MONGODB_PASSWORD_FILE")]
    pub mongodb_password_file: Option<String>,
    /// Name of the database.
    #[arg(long, env = "MONGODB_DATABASE", default_value = "shop")]
    pub mongodb_database: String,
    /// How long a call waits for a database that is away before it is answered 503.
    #[arg(long, env = "MONGODB_TIMEOUT", default_value = "3s", value_parser = settings::duration)]
    pub mongodb_timeout: Duration,
}

impl MongoSettings {
    /// Who the service is to the database, where that is not in the connection string.
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
            _ => Err(ConnectError::HalfAUser),
        }
    }
}

/// A client for `settings`. Nothing is connected yet: that happens at the first call.
pub async fn connect(app: &str, settings: &MongoSettings) -> Result<Database, ConnectError> {
    let uri = secret::from_variable_or_file(
        "MONGODB_URI",
        settings.mongodb_uri.as_ref(),
        settings.mongodb_uri_file.as_deref(),
    )?
    .ok_or(ConnectError::Missing)?;
    let mut options = ClientOptions::parse(uri.expose_secret())
        .await
        .map_err(|_| ConnectError::Unusable)?;
    options.app_name = Some(app.to_owned());
    if let Some(credential) = settings.credential()? {
        options.credential = Some(credential);
    }
    let mut majority = WriteConcern::builder().w(Acknowledgment::Majority).build();
    majority.journal = Some(true);
    options.write_concern = Some(majority);
    options.read_concern = Some(ReadConcern::majority());
    options.selection_criteria = Some(SelectionCriteria::ReadPreference(
        mongodb::options::ReadPreference::Primary,
    ));
    options.max_pool_size = Some(64);
    options.max_connecting = Some(8);
    options.server_selection_timeout = Some(settings.mongodb_timeout);
    options.connect_timeout = Some(settings.mongodb_timeout);
    // How soon a server that no longer answers is noticed, and calls that hang there are ended.
    options.heartbeat_freq = Some(Duration::from_secs(2));
    let client = Client::with_options(options).map_err(|_| ConnectError::Unusable)?;
    Ok(client.database(&settings.mongodb_database))
}

/// There is no connection string that can be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Nobody said where the database is.
    #[error("MONGODB_URI or MONGODB_URI_FILE must be set")]
    Missing,
    /// A user without a password, or the reverse.
    #[error("MONGODB_USERNAME and MONGODB_PASSWORD must be set together, or neither")]
    HalfAUser,
    /// It cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// It is none. Why is not passed on: the driver quotes what it could not read, and that may
    /// be a piece of the password.
    #[error(
        "MONGODB_URI is not a usable connection string, such as mongodb://user:password@host/; \
         in the password, write %3F for ?, %2F for /, %40 for @ and %25 for %"
    )]
    Unusable,
}

/// Calls `attempt` until it succeeds, which it does not while the database is away.
pub async fn until_ok<F, T>(
    what: &str,
    stop: &CancellationToken,
    mut attempt: impl FnMut() -> F,
) -> Option<T>
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

/// How long work in the background waits for one thing from the database: longer than anything
/// takes, so that only what hangs is given up and begun again.
pub const BACKGROUND_PATIENCE: Duration = Duration::from_secs(30);

/// Waits for `work`, but not for longer than `patience`: a server that hangs, or a network that
/// was cut, would otherwise be waited for without end. The driver must not be interrupted in the
/// middle of a call, so the work itself goes on; what becomes of a write is unknown then.
pub async fn in_time<T, E>(
    patience: Duration,
    work: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<mongodb::error::Error> + Send + 'static,
{
    match tokio::time::timeout(patience, tokio::spawn(work.in_current_span())).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(panicked)) => std::panic::resume_unwind(panicked.into_panic()),
        Err(_) => Err(no_answer().into()),
    }
}

/// The error of a database that did not answer in time. It is worth trying again.
pub fn no_answer() -> mongodb::error::Error {
    std::io::Error::new(
        std::io::ErrorKind::TimedOut,
        "the database did not answer in time",
    )
    .into()
}

/// Keeps `part` true to whether the database answers, until `stop`.
pub async fn watch(database: Database, part: Part, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let database = database.clone();
        let ping = in_time(HANGING, async move {
            database.run_command(doc! { "ping": 1 }).await
        });
        tokio::select! {
            () = stop.cancelled() => return,
            answered = ping => part.set(answered.is_ok()),
        }
    }
}

/// A database that takes longer than this to say that it is there is not.
const HANGING: Duration = Duration::from_secs(3);

/// The database did not do what it was asked to. Which error it was goes to the log, once, when
/// this becomes an answer.
#[derive(Debug, thiserror::Error)]
#[error("the database did not do what it was asked to")]
pub struct StoreError {
    #[from]
    source: mongodb::error::Error,
}

impl StoreError {
    /// Whether it is worth trying again, because the database is away or was busy.
    pub fn is_passing(&self) -> bool {
        let error = &self.source;
        is_transient(error)
            || error.contains_label(mongodb::error::RETRYABLE_WRITE_ERROR)
            || matches!(
                *error.kind,
                ErrorKind::Io(_)
                    | ErrorKind::ServerSelection { .. }
                    | ErrorKind::ConnectionPoolCleared { .. }
                    | ErrorKind::DnsResolve { .. }
            )
            || matches!(&*error.kind, ErrorKind::Command(command) if PASSING_CODES.contains(&command.code))
    }
}

impl StoreError {
    /// Whether a transaction failed with this and can be tried again from its start.
    pub fn is_transient(&self) -> bool {
        is_transient(&self.source)
    }

    /// Whether the value of a unique index is taken.
    pub fn is_duplicate_key(&self) -> bool {
        is_duplicate_key(&self.source)
    }
}

/// Not primary, stepping down, shutting down, interrupted: the codes of the specifications of
/// retryable reads and writes.
const PASSING_CODES: [i32; 13] = [
    6, 7, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436,
];

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let cause = crate::lifecycle::chain(&error);
        if error.is_passing() {
            tracing::warn!(cause, "the database is away");
            Self::unavailable()
        } else {
            tracing::error!(cause, "the database refused");
            Self::internal()
        }
    }
}

/// Whether a transaction that failed with this can be tried again from its start.
pub fn is_transient(error: &mongodb::error::Error) -> bool {
    error.contains_label(mongodb::error::TRANSIENT_TRANSACTION_ERROR)
}

/// Whether a write failed because the value of a unique index is taken, and for nothing else.
pub fn is_duplicate_key(error: &mongodb::error::Error) -> bool {
    const DUPLICATE_KEY: i32 = 11000;
    match &*error.kind {
        ErrorKind::Write(WriteFailure::WriteError(write)) => write.code == DUPLICATE_KEY,
        ErrorKind::Command(command) => command.code == DUPLICATE_KEY,
        ErrorKind::InsertMany(failure) => {
            let mut failed = failure.write_errors.iter().flatten().peekable();
            failure.write_concern_error.is_none()
                && failed.peek().is_some()
                && failed.all(|write| write.code == DUPLICATE_KEY)
        }
        _ => false,
    }
}

/// Commits, and asks again while it is unknown whether the commit was made (Transactions
/// specification, "`UnknownTransactionCommitResult`").
pub async fn commit(session: &mut mongodb::ClientSession) -> Result<(), mongodb::error::Error> {
    const MOST_TRIES: u32 = 5;
    let mut outcome = session.commit_transaction().await;
    for _ in 1..MOST_TRIES {
        match &outcome {
            Err(error)
                if error.contains_label(mongodb::error::UNKNOWN_TRANSACTION_COMMIT_RESULT) =>
            {
                outcome = session.commit_transaction().await;
            }
            _ => break,
        }
    }
    outcome
}
