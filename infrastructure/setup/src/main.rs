#![doc = include_str!("../README.md")]

mod admin;
mod console;
mod databases;
mod memory;
mod patience;
mod readers;
mod replica_set;
mod topics;
mod users;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::{Parser, Subcommand};
use runtime::settings::{self, duration};
use tokio::signal::unix::{SignalKind, signal};

use crate::admin::Admin;
use crate::console::{complain, say};
use crate::patience::Patience;

/// Prepares the databases and the broker of a shop.
#[derive(Parser)]
#[command(name = "setup", version)]
struct Arguments {
    /// How long to wait for what is not there yet.
    #[arg(long, env = "SETUP_TIMEOUT", default_value = "2m", value_parser = duration)]
    timeout: Duration,
    #[command(flatten)]
    admin: Admin,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Makes the secrets that are missing, and hands each reader its own.
    Secrets {
        /// The folder that has all of them.
        #[arg(long, default_value = "/secrets")]
        all: PathBuf,
        /// The folder with a folder for each reader.
        #[arg(long, default_value = "/readers")]
        readers: PathBuf,
        /// Refuses to go on where the machine has less memory than these MiB.
        #[arg(long)]
        needs_memory: Option<u64>,
    },
}

fn main() -> ExitCode {
    let arguments: Arguments = settings::parse();
    let outcome = match &arguments.command {
        Some(Command::Secrets {
            all,
            readers,
            needs_memory,
        }) => memory::check(*needs_memory).and_then(|()| readers::supply(all, readers)),
        None => prepare(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn prepare(arguments: &Arguments) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(async {
        // The first process of a container ends at no signal that it does not ask for.
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            _ = terminate.recv() => bail!("was asked to stop before everything was done"),
            outcome = everything(arguments) => outcome,
        }
    });
    // Not waited for: the driver's own work in the background never ends.
    runtime.shutdown_background();
    outcome
}

/// Databases and broker do not wait for each other; the admin needs a database.
async fn everything(arguments: &Arguments) -> Result<()> {
    let patience = Patience::of(arguments.timeout);
    let databases = databases::from_environment()?;
    let all = databases
        .iter()
        .map(|database| databases::prepare(database, patience));
    tokio::try_join!(
        futures::future::try_join_all(all),
        topics::prepare(patience)
    )?;
    let authentication = databases
        .iter()
        .find(|database| database.name == "authentication");
    arguments
        .admin
        .create(authentication)
        .await
        .context("the first admin was not made")?;
    say("everything is there");
    Ok(())
}
