#![doc = include_str!("../README.md")]

mod acls;
mod admin;
mod certificates;
mod console;
mod database;
mod memory;
mod mongo_error;
mod readers;
mod replica_set;
mod retry;
mod topics;
mod users;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::{Parser, Subcommand};
use runtime::exposure::Exposure;
use runtime::settings::{self, duration};
use tokio::signal::unix::{SignalKind, signal};

use crate::admin::Admin;
use crate::console::{print_error, print_line};
use crate::database::Database;
use crate::retry::{Attempt, Retry};

/// Sets up the databases and the broker of a shop.
#[derive(Parser)]
#[command(name = "setup", version = release::VERSION)]
struct Arguments {
    /// Time to wait for databases, broker and replication.
    #[arg(long, env = "SETUP_TIMEOUT", default_value = "2m", value_parser = duration)]
    timeout: Duration,
    #[command(flatten)]
    admin: Admin,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Creates missing secrets, and copies to each reader its own.
    Secrets {
        /// The directory of all secrets.
        #[arg(long, default_value = "/secrets")]
        all: PathBuf,
        /// The directory with a subdirectory for each reader.
        #[arg(long, default_value = "/readers")]
        readers: PathBuf,
        /// Fails if the machine has less memory than this, in MiB.
        #[arg(long)]
        needs_memory: Option<u64>,
        /// Fails like the services if development settings are on in a shop that others can reach.
        #[command(flatten)]
        exposure: Exposure,
        /// Whether the services load development data.
        #[arg(long, env = "SEED_DATA", default_value_t = false, action = clap::ArgAction::Set)]
        seed_data: bool,
    },
}

fn main() -> ExitCode {
    let arguments: Arguments = settings::parse();
    let outcome = match &arguments.command {
        Some(Command::Secrets {
            all,
            readers,
            needs_memory,
            exposure,
            seed_data,
        }) => exposure
            .check_development(*seed_data)
            .map_err(anyhow::Error::from)
            .and_then(|()| memory::check(*needs_memory))
            .and_then(|()| readers::distribute(all, readers)),
        None => run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print_error(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(async {
        // Process 1 of a container ignores a signal that it has no handler for.
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            _ = terminate.recv() => bail!("stopped by SIGTERM before the set-up was complete"),
            outcome = set_up(arguments) => outcome,
        }
    });
    // The background tasks of the MongoDB driver never end.
    runtime.shutdown_background();
    outcome
}

async fn set_up(arguments: &Arguments) -> Result<()> {
    let retry = Retry::with_timeout(arguments.timeout);
    let databases = database::from_environment()?;
    let prepared = databases
        .iter()
        .map(|database| prepare_database(database, retry));
    tokio::try_join!(
        futures::future::try_join_all(prepared),
        topics::prepare(retry)
    )?;
    let authentication = databases
        .iter()
        .find(|database| database.service == "authentication");
    arguments
        .admin
        .create(authentication)
        .await
        .context("cannot create the first admin")?;
    print_line("the set-up is complete");
    Ok(())
}

/// A member that elects, restarts or copies data fails any step for a while, so all of them are repeated.
async fn prepare_database(database: &Database, retry: Retry) -> Result<()> {
    let failure = format!("cannot set up the database of {}", database.service);
    let prepare = async || {
        replica_set::prepare(database, retry).await?;
        users::prepare(database).await?;
        certificates::reload(database).await
    };
    retry
        .until_done(&failure, async || match prepare().await {
            Ok(()) => Ok(Attempt::Done(())),
            Err(error) if mongo_error::is_transient(&error) => Ok(Attempt::Failed(error)),
            Err(error) => Err(error.context(failure.clone())),
        })
        .await
}
