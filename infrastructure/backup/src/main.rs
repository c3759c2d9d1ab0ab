#![doc = include_str!("../README.md")]

mod changes;
mod contents;
mod copying;
mod create;
mod encryption;
mod loading;
mod location;
mod object;
mod reconcile;
mod replay;
mod restore;
mod stores;
mod verify;

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Parser, Subcommand};
use runtime::settings;
use tokio::signal::unix::{SignalKind, signal};

use crate::encryption::{IdentityFile, Recipient};
use crate::location::Location;
use crate::stores::{Service, Store};

/// Backs up the databases of a shop, and restores them.
#[derive(Parser)]
#[command(name = "backup", version = release::VERSION)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Backs up all databases.
    Create {
        #[command(flatten)]
        target: Target,
    },
    /// Lists the backups.
    List {
        #[command(flatten)]
        location: Location,
    },
    /// Reads a whole backup, to see that it is complete and that the secret key fits.
    Verify {
        /// A name from the list.
        name: String,
        #[command(flatten)]
        location: Location,
        #[command(flatten)]
        identity: IdentityFile,
    },
    /// Replaces the databases with those of a backup. The services must be stopped.
    Restore {
        /// A name from the list.
        #[arg(env = "RESTORE_FROM")]
        name: String,
        /// Only the database of this service. Orders and products are made consistent afterwards.
        #[arg(long, env = "RESTORE_ONLY")]
        only: Option<Service>,
        #[command(flatten)]
        location: Location,
        #[command(flatten)]
        identity: IdentityFile,
    },
    /// Prints a new key pair for the encryption of backups.
    Key,
}

/// Where and how backups are written.
#[derive(Args)]
struct Target {
    #[command(flatten)]
    location: Location,
    #[command(flatten)]
    recipient: Recipient,
}

fn main() -> ExitCode {
    let arguments: Arguments = settings::parse();
    // Unencrypted backups are for their owner only.
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o077));
    match run(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "backup: {}", message(&error));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    // The same TLS library as the MongoDB driver's. It fails only if there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Runtime::new()?;
    let outcome = runtime.block_on(async {
        // Process 1 of a container ignores a signal that it has no handler for.
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            _ = terminate.recv() => bail!("stopped by SIGTERM before it was done"),
            outcome = execute(command) => outcome,
        }
    });
    // The background tasks of the MongoDB driver never end.
    runtime.shutdown_background();
    outcome
}

async fn execute(command: Command) -> Result<()> {
    match command {
        Command::Create { target } => {
            let stores = Store::all_from_environment().await?;
            create::create(&stores, &target.location, target.recipient)
                .await
                .context("cannot back up the databases")
        }
        Command::List { location } => location::print_list(&location).await,
        Command::Verify {
            name,
            location,
            identity,
        } => {
            verify::verify(&location.open()?, &name, &Service::ALL, &identity.read()?)
                .await
                .with_context(|| format!("the backup {name} cannot be restored"))?;
            Ok(())
        }
        Command::Restore {
            name,
            only,
            location,
            identity,
        } => {
            let stores = Store::all_from_environment().await?;
            restore::restore(&stores, &location, &name, only, &identity.read()?)
                .await
                .with_context(|| format!("cannot restore the backup {name}"))
        }
        Command::Key => {
            encryption::print_new_key();
            Ok(())
        }
    }
}

/// The causes of an error, of the MongoDB driver's without what it adds to the server's message.
fn message(error: &anyhow::Error) -> String {
    let message = |cause: &(dyn std::error::Error + 'static)| {
        let of_driver = cause.downcast_ref::<mongodb::error::Error>();
        of_driver.map_or_else(|| cause.to_string(), |error| error.kind.to_string())
    };
    error.chain().map(message).collect::<Vec<_>>().join(": ")
}

/// Prints a line for the operator. A closed pipe must not stop the work.
fn print_line(line: impl std::fmt::Display) {
    let _ = writeln!(io::stdout(), "{line}");
}
