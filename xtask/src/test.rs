//! `cargo xtask test`: every test there is, with a real MongoDB and a real Kafka.

use std::{
    env,
    process::{Command, ExitCode},
};

use anyhow::Result;
use backing_services::{Backing, Process, Tools};

use crate::{
    compile::{cargo, wait},
    console::say,
    interrupts::Interrupts,
    state::shared_tools,
};

/// How many tests run at the same time by default: they wait for the servers more than they
/// compute.
const THREADS: &str = "6";

/// The command line of `test`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Handed on to `cargo test`: a filter, `-p PACKAGE`, `-- --nocapture`.
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGUMENT"
    )]
    arguments: Vec<String>,
}

/// Runs the tests and ends as they end.
pub(crate) fn run(arguments: &Arguments, interrupts: &Interrupts) -> Result<ExitCode> {
    // Some tests run the programs themselves. Built before the servers start, which would only
    // wait.
    let code = run_cargo(
        // With the tests, so that dependencies have the features that `cargo test` gives them and
        // are not compiled twice.
        cargo().args(["build", "--workspace", "--all-targets"]),
        interrupts,
    )?;
    if code != ExitCode::SUCCESS {
        return Ok(code);
    }
    let folder = shared_tools();
    let tools = Tools::bring(&folder, interrupts)?;
    let backing = Backing::start(&tools)?;
    interrupts.check()?;
    say(format_args!(
        "MongoDB at {}, Kafka at {}",
        backing.mongodb_uri(),
        backing.kafka_brokers()
    ));

    let mut command = cargo();
    command
        .args(["test", "--no-fail-fast"])
        .args((!names_packages(&arguments.arguments)).then_some("--workspace"))
        .args(&arguments.arguments)
        .env("TEST_MONGODB_URI", backing.mongodb_uri())
        .env("TEST_KAFKA_BROKERS", backing.kafka_brokers())
        .env("TEST_TOOLS_DIR", folder)
        .env(
            "RUST_TEST_THREADS",
            env::var("RUST_TEST_THREADS").unwrap_or_else(|_| THREADS.to_owned()),
        );
    run_cargo(&mut command, interrupts)
}

/// Whether the user chose packages, which `--workspace` would override.
fn names_packages(arguments: &[String]) -> bool {
    let for_cargo = arguments.iter().take_while(|argument| *argument != "--");
    for_cargo
        .into_iter()
        .any(|argument| argument.starts_with("-p") || argument.starts_with("--package"))
}

fn run_cargo(command: &mut Command, interrupts: &Interrupts) -> Result<ExitCode> {
    let mut process = Process::spawn_silent("cargo", command)?;
    let status = wait(&mut process, interrupts)?;
    // Without a code it was ended by a signal, which is no success.
    Ok(status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_chosen_before_the_double_dash_only() {
        let check = |text: &str| {
            names_packages(
                &text
                    .split_whitespace()
                    .map(String::from)
                    .collect::<Vec<_>>(),
            )
        };
        assert!(check("-p events"));
        assert!(check("--package=events placing"));
        assert!(!check("placing -- -p"));
        assert!(!check(""));
    }
}
