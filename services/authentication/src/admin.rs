//! The first admin, who cannot come from HTTP.

use std::io::{BufRead as _, IsTerminal as _, Read as _};
use std::net::Ipv4Addr;
use std::process::ExitCode;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::Email;
use identity::Role;
use mongo::MongoSettings;
use runtime::lifecycle::{Failure, error_chain};
use runtime::telemetry;
use secrecy::{ExposeSecret, SecretString};
use service_kit::client::Network;

use crate::accounts::{self, RegisterError};
use crate::config::Config;
use crate::hashing::Hasher;
use crate::rules::password::NewPassword;
use crate::store::Store;

const LONGEST_INPUT: u64 = 4096;

/// Creates the admin `email`. Doing it again is no error, so that a set-up program can be run
/// twice; an account that is not an admin's is never made one, because somebody else may have
/// registered it.
pub fn create(config: &Config, email: &Email) -> ExitCode {
    match run(config, email) {
        Ok(sentence) => {
            println!("{sentence}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("authentication: {}", error_chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

fn run(config: &Config, email: &Email) -> Result<String, Failure> {
    // Standard output is for the password, which must be in no log.
    telemetry::log_to_stderr(&config.common)?;
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(ensure(&config.mongo, email, piped_password()?))
}

/// Creates the admin with `password`, or with one that is made, unless there is that admin already.
/// Returns what was done, in a sentence.
pub async fn ensure(
    settings: &MongoSettings,
    email: &Email,
    given: Option<SecretString>,
) -> Result<String, Failure> {
    let database = mongo::connect("authentication", settings).await?;
    let store = Store::new(&database, settings.mongodb_timeout);
    store
        .prepare()
        .await
        .map_err(|error| format!("the database cannot be reached: {error}"))?;
    let is_made = given.is_none();
    let secret = match given {
        Some(secret) => secret,
        None => made_password()?,
    };
    let password =
        NewPassword::new(secret).map_err(|unacceptable| format!("the password {unacceptable}"))?;
    let here = Network::of(Ipv4Addr::LOCALHOST.into());
    let turn = Hasher::new(1, 0).turn(here).await?;
    match accounts::create(&store, turn, email, &password, Role::Admin).await {
        Ok(()) if is_made => Ok(format!(
            "Created the admin {email} with this password, which is not shown again:\n{}",
            password.secret().expose_secret()
        )),
        Ok(()) => Ok(format!("Created the admin {email}.")),
        Err(RegisterError::Taken) => existing(&store, email).await,
        Err(error) => Err(error.into()),
    }
}

async fn existing(store: &Store, email: &Email) -> Result<String, Failure> {
    let user = store.user_by_email(email).await?;
    if user.is_some_and(|user| user.role == Role::Admin) {
        Ok(format!(
            "{email} is an admin already; the password stays as it is."
        ))
    } else {
        Err(
            format!("{email} has an account already that is not an admin's; choose another e-mail")
                .into(),
        )
    }
}

/// The first line of standard input, unless that is a terminal or has nothing in it.
fn piped_password() -> Result<Option<SecretString>, Failure> {
    let input = std::io::stdin();
    if input.is_terminal() {
        return Ok(None);
    }
    let mut line = String::new();
    input
        .lock()
        .take(LONGEST_INPUT)
        .read_line(&mut line)
        .map_err(|_| "standard input is not text")?;
    let line = line.trim_end_matches(['\r', '\n']);
    Ok((!line.is_empty()).then(|| SecretString::from(line)))
}

fn made_password() -> Result<SecretString, getrandom::Error> {
    let mut random = [0; 18];
    getrandom::fill(&mut random)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(random).into())
}
