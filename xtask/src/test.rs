//! `cargo xtask test`: every test there is, with a real MongoDB, a real Kafka and a real browser.

use std::{
    env,
    process::{Command, ExitCode},
};

use anyhow::Result;
use backing_services::{Process, TestServers, Tools};

use crate::{
    api,
    compile::{Profile, cargo, exit_code, wait},
    console::say,
    containers,
    interrupts::Interrupts,
    page,
    state::shared_tools,
    system::CHROMIUM,
    temporary::Temporary,
};

/// How many tests run at the same time by default: they wait for the servers more than they
/// compute.
const THREADS: &str = "6";

/// The command line of `test`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Try only this.
    #[arg(long, value_name = "PART")]
    only: Option<Part>,
    /// Try the shop in containers, and only that: build the images, start, stop and kill them.
    #[arg(long, conflicts_with_all = ["only", "for_cargo"])]
    containers: bool,
    /// Handed on to `cargo test`, and only that is run then: a filter, `-p PACKAGE`,
    /// `-- --nocapture`.
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGUMENT"
    )]
    for_cargo: Vec<String>,
}

/// What can be tried by itself.
#[derive(clap::ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The services and all that is in Rust.
    Services,
    /// The API of the whole shop against its documents, and the edge against attacks.
    Api,
    /// The page: its own tests, and a browser with the whole shop.
    Page,
}

/// Runs the tests; fails if one of them does, but runs what comes after it.
pub(crate) fn run(arguments: &Arguments, interrupts: &Interrupts) -> Result<ExitCode> {
    if arguments.containers {
        return containers::test(interrupts);
    }
    let only = arguments
        .only
        .or((!arguments.for_cargo.is_empty()).then_some(Part::Services));
    let mut codes = Vec::new();
    for part in [Part::Services, Part::Api, Part::Page] {
        if only.is_some_and(|only| only != part) {
            continue;
        }
        codes.push(match part {
            Part::Services => services(&arguments.for_cargo, interrupts)?,
            Part::Api => api::test(interrupts)?,
            Part::Page => page(interrupts)?,
        });
    }
    let failed = codes.into_iter().find(|code| *code != ExitCode::SUCCESS);
    Ok(failed.unwrap_or(ExitCode::SUCCESS))
}

/// What is in Rust, by cargo.
fn services(arguments: &[String], interrupts: &Interrupts) -> Result<ExitCode> {
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
    let tools = Tools::install(&folder, interrupts)?;
    let backing = TestServers::start(&tools)?;
    interrupts.check()?;
    say(format_args!(
        "MongoDB at {}, Kafka at {}",
        backing.mongodb_uri(),
        backing.kafka_brokers()
    ));

    let mut command = cargo();
    command
        .args(["test", "--no-fail-fast"])
        .args((!names_packages(arguments)).then_some("--workspace"))
        .args(arguments)
        .env("TEST_MONGODB_URI", backing.mongodb_uri())
        .env("TEST_KAFKA_BROKERS", backing.kafka_brokers())
        .env("TEST_TOOLS_DIR", folder)
        .env(
            "RUST_TEST_THREADS",
            env::var("RUST_TEST_THREADS").unwrap_or_else(|_| THREADS.to_owned()),
        );
    run_cargo(&mut command, interrupts)
}

/// The page: types, style and unit tests, then the whole shop in a browser.
fn page(interrupts: &Interrupts) -> Result<ExitCode> {
    let chromium = CHROMIUM.bring(interrupts)?;
    page::bring_packages(interrupts)?;
    for script in ["check", "test"] {
        say(format_args!("the page: npm run {script}"));
        let code = page::run_to_end(page::npm(&["run", "--silent", script])?, interrupts)?;
        if code != ExitCode::SUCCESS {
            return Ok(code);
        }
    }
    let shop = Temporary::start(Profile::Tests, interrupts)?;
    say("the page: npm run e2e");
    let mut command = page::npm(&["run", "--silent", "e2e"])?;
    command.envs(shop.environment()).env("CHROMIUM", chromium);
    let code = page::run_to_end(command, interrupts)?;
    shop.keep_logs_of_failure(code)?;
    Ok(code)
}

/// Whether the user chose packages, which `--workspace` would override.
fn names_packages(arguments: &[String]) -> bool {
    let for_cargo = arguments.iter().take_while(|argument| *argument != "--");
    for_cargo
        .into_iter()
        .any(|argument| argument.starts_with("-p") || argument.starts_with("--package"))
}

fn run_cargo(command: &mut Command, interrupts: &Interrupts) -> Result<ExitCode> {
    let mut process = Process::spawn_unlogged("cargo", command)?;
    Ok(exit_code(wait(&mut process, interrupts)?))
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
