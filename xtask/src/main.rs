#![doc = include_str!("../README.md")]
#![expect(
    clippy::disallowed_methods,
    reason = "a synchronous command for developers: it has no runtime whose threads it could block"
)]

// First, because only the modules after it can use its macro.
#[macro_use]
mod console;

mod api;
mod attack;
mod cargo;
mod containers;
mod dev;
mod dlq;
mod down;
mod frontend;
mod http;
mod interrupt;
mod keys;
mod launch;
mod layout;
mod logs;
mod measure;
mod previous_release;
mod processes;
mod programs;
mod secrets;
mod state;
mod status;
mod supervisor;
mod temporary_shop;
mod test;
mod up;
mod validate;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::{launch::ShopOptions, state::State};

/// The exit code after Ctrl-C: 128 plus the number of SIGINT, as shells report it.
const INTERRUPTED: u8 = 130;

/// The development commands of Fleetmarket.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build and start the whole shop, show its logs, and stop it on Ctrl-C.
    Up(up::Arguments),
    /// Stop the shop.
    Down(down::Arguments),
    /// Show the shop's processes, their ports and their health.
    Status(State),
    /// Run all tests, with a real MongoDB, a real Kafka and a real browser.
    Test(test::Arguments),
    /// Check the deployment files against schemas, policies and the code, without a cloud.
    Validate,
    /// Measure the page and compare it with its performance budgets.
    #[command(subcommand)]
    Measure(measure::Subject),
    /// List or replay the dead letters: messages that could not be processed.
    Dlq(dlq::Arguments),
    /// Send hostile requests to the running shop, and show the responses.
    Attack(attack::Arguments),
    /// Manage the keys that sign access tokens.
    #[command(subcommand)]
    Keys(keys::Task),
    /// Create the passwords and keys for containers.
    Secrets(State),
    /// Like `up --dev`; also rebuild and restart services when their source changes.
    Dev(ShopOptions),
}

fn main() -> ExitCode {
    let command = Arguments::parse().command;
    match interrupt::install().and_then(|()| run(command)) {
        Ok(code) => code,
        Err(error) => {
            // Any error after Ctrl-C is a consequence of it.
            let interrupted = interrupt::check();
            let code = if interrupted.is_err() {
                ExitCode::from(INTERRUPTED)
            } else {
                ExitCode::FAILURE
            };
            console::print_error(&interrupted.err().unwrap_or(error));
            code
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Up(arguments) => up::run(arguments)?,
        Command::Down(arguments) => down::run(&arguments)?,
        Command::Status(state) => status::run(&state),
        Command::Test(arguments) => return test::run(&arguments),
        Command::Validate => return validate::run(),
        Command::Measure(subject) => return measure::run(&subject),
        Command::Dlq(arguments) => return dlq::run(&arguments),
        Command::Attack(arguments) => return attack::run(&arguments),
        Command::Keys(task) => keys::run(&task)?,
        Command::Secrets(state) => secrets::run(&state)?,
        Command::Dev(options) => dev::run(options)?,
    }
    Ok(ExitCode::SUCCESS)
}
