#![doc = include_str!("../README.md")]

mod api;
mod attack;
mod compile;
mod console;
mod containers;
mod dev;
mod dlq;
mod down;
mod edge;
mod environment;
mod existing;
mod foreground;
mod interrupts;
mod keys;
mod layout;
mod logs;
mod measure;
mod page;
mod process;
mod readiness;
mod secrets;
mod start;
mod state;
mod status;
mod stores;
mod system;
mod temporary;
mod test;
mod up;
mod validate;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::interrupts::Interrupts;

/// What a person does twice.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Builds and starts the whole shop, shows its logs, and stops it on Ctrl-C.
    Up(up::Arguments),
    /// Stops the shop.
    Down(down::Arguments),
    /// Shows what runs, where, and how it is.
    Status(status::Arguments),
    /// Runs every test with a real MongoDB, a real Kafka and a real browser.
    Test(test::Arguments),
    /// Holds what the shop is deployed with against schemas, policies and the code, without a cloud.
    Validate,
    /// Measures what is promised in figures.
    Measure(measure::Arguments),
    /// Lists or replays the messages that could not be processed.
    Dlq(dlq::Arguments),
    /// Tries against the running shop what must not work, and shows what happened.
    Attack(attack::Arguments),
    /// Looks after the keys that access tokens are signed with.
    Keys(keys::Arguments),
    /// Makes the passwords and keys that containers are started with.
    Secrets(secrets::Arguments),
    /// Like `up`, in the dev profile; rebuilds and restarts what is edited.
    Dev(up::Options),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = Interrupts::install().and_then(|interrupts| {
        run(arguments.command, &interrupts).map_err(|error| {
            // Whatever failed after a Ctrl-C failed because of it.
            if interrupts.count() > 0 {
                anyhow::Error::new(interrupts::Interrupted)
            } else {
                error
            }
        })
    });
    match result {
        Ok(code) => code,
        Err(error) if error.is::<interrupts::Interrupted>() => {
            console::complain(&error);
            ExitCode::from(130)
        }
        Err(error) => {
            console::complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command, interrupts: &Interrupts) -> Result<ExitCode> {
    match command {
        Command::Up(arguments) => up::run(&arguments, interrupts),
        Command::Down(arguments) => down::run(&arguments, interrupts),
        Command::Status(arguments) => status::run(&arguments),
        Command::Test(arguments) => test::run(&arguments, interrupts),
        Command::Validate => validate::run(interrupts),
        Command::Measure(arguments) => measure::run(&arguments, interrupts),
        Command::Dlq(arguments) => dlq::run(&arguments, interrupts),
        Command::Attack(arguments) => attack::run(&arguments, interrupts),
        Command::Keys(arguments) => keys::run(&arguments),
        Command::Secrets(arguments) => secrets::run(&arguments),
        Command::Dev(options) => dev::run(&options, interrupts),
    }
}
