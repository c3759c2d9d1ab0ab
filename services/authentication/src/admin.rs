//! The command that creates an admin.

use std::io::{BufRead as _, IsTerminal as _, Read as _};
use std::process::ExitCode;

use accounts::{Users, ensure_admin, random_password};
use domain::Email;
use runtime::lifecycle::{Failure, error_chain};
use runtime::telemetry;
use secrecy::{ExposeSecret as _, SecretString};

use crate::config::{Config, SERVICE};

const MAX_INPUT_BYTES: u64 = 4096;

/// Creates the admin `email` with the password from standard input, or with a random one that is
/// printed once on the terminal; see [`ensure_admin`].
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
    // Standard output is for the result.
    telemetry::log_to_stderr(&config.common)?;
    let piped = piped_password()?;
    let is_random = piped.is_none();
    if is_random && !std::io::stdout().is_terminal() {
        return Err(NoTerminalError.into());
    }
    let password = piped.map_or_else(random_password, Ok)?;
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(async {
            let database = mongo::connect(SERVICE, &config.mongo).await?;
            let users = Users::new(&database, config.mongo.mongodb_timeout);
            let is_new = ensure_admin(&users, email, &password).await?;
            Ok(match (is_new, is_random) {
                (true, true) => format!(
                    "Created the admin {email} with this password, which is not shown again:\n{}",
                    password.expose_secret()
                ),
                (true, false) => format!("Created the admin {email}."),
                (false, _) => {
                    format!("The admin {email} already exists; its password was not changed.")
                }
            })
        })
}

/// The output of a container is a log.
#[derive(Debug, thiserror::Error)]
#[error(
    "there is no password on standard input, and a random one is printed only on a terminal; pipe a \
     password in, or use a terminal, such as that of kubectl exec --stdin --tty"
)]
struct NoTerminalError;

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
