//! Creating admins, which is not possible over HTTP.

use std::io::{BufRead as _, IsTerminal as _, Read as _};
use std::net::Ipv4Addr;
use std::process::ExitCode;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::Email;
use identity::Role;
use mongo::{MongoSettings, StoreError};
use runtime::lifecycle::{Failure, error_chain};
use runtime::telemetry;
use secrecy::{ExposeSecret, SecretString};
use service_kit::client::Network;

use crate::accounts::{self, RegisterError};
use crate::config::{Config, SERVICE};
use crate::hashing::Hasher;
use crate::password::NewPassword;
use crate::store::{CreateError, Store};

const MAX_INPUT_BYTES: u64 = 4096;

/// Creates the admin `email` and prints the result. An existing admin is not an error, so that a
/// set-up program can run twice. An existing user does not become an admin, because anyone could have
/// registered the account.
pub fn create(config: &Config, email: &Email) -> ExitCode {
    match run(config, email) {
        Ok(message) => {
            println!("{message}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{SERVICE}: {}", error_chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

fn run(config: &Config, email: &Email) -> Result<String, Failure> {
    // Standard output shows the password, which must not be in a log.
    telemetry::log_to_stderr(&config.common)?;
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(ensure(&config.mongo, email, piped_password()?))
}

/// Creates the admin with the `given` password or a random one, unless the admin exists. Returns a
/// message for the operator.
pub async fn ensure(
    settings: &MongoSettings,
    email: &Email,
    given: Option<SecretString>,
) -> Result<String, Failure> {
    let database = mongo::connect(SERVICE, settings).await?;
    let store = Store::new(&database, settings.mongodb_timeout);
    store.ensure_indexes().await.map_err(StoreError::from)?;
    let is_random = given.is_none();
    let password = NewPassword::new(given.map_or_else(random_password, Ok)?)?;
    let network = Network::of(Ipv4Addr::LOCALHOST.into());
    let permit = Hasher::new(1, 0).permit(network).await?;
    match accounts::create(&store, permit, email, &password, Role::Admin).await {
        Ok(()) if is_random => Ok(format!(
            "Created the admin {email} with this password, which is not shown again:\n{}",
            password.secret().expose_secret()
        )),
        Ok(()) => Ok(format!("Created the admin {email}.")),
        Err(RegisterError::Create(CreateError::EmailTaken)) => check_existing(&store, email).await,
        Err(error) => Err(error.into()),
    }
}

async fn check_existing(store: &Store, email: &Email) -> Result<String, Failure> {
    let user = store.user_by_email(email).await?;
    if user.is_some_and(|user| user.role == Role::Admin) {
        Ok(format!(
            "The admin {email} already exists; its password was not changed."
        ))
    } else {
        Err(format!("{email} has an account without the role admin; choose another e-mail").into())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("cannot read the password from standard input")]
struct PipedPasswordError(#[source] std::io::Error);

/// Reads the first line of standard input, unless that is a terminal or empty.
fn piped_password() -> Result<Option<SecretString>, Failure> {
    let input = std::io::stdin();
    if input.is_terminal() {
        return Ok(None);
    }
    let mut line = String::new();
    input
        .lock()
        .take(MAX_INPUT_BYTES)
        .read_line(&mut line)
        .map_err(PipedPasswordError)?;
    let line = line.trim_end_matches(['\r', '\n']);
    Ok((!line.is_empty()).then(|| SecretString::from(line)))
}

fn random_password() -> Result<SecretString, getrandom::Error> {
    let mut random = [0; 18];
    getrandom::fill(&mut random)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(random).into())
}
