//! `cargo xtask test`: all tests, with a real MongoDB, a real Kafka and a real browser.

use std::{env, process::ExitCode};

use anyhow::Result;
use backing_services::{TestServers, Tools};

use crate::{
    api,
    cargo::{self, Profile},
    console::ConsoleProgress,
    containers, frontend, interrupt, previous_release,
    programs::{self, exit_code, run as run_program},
    state::shared_tools,
    temporary_shop::TemporaryShop,
};

/// The default number of parallel tests, which mostly wait for the servers.
const THREADS: &str = "6";

/// The command line of `test`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Run only this part.
    #[arg(long, value_name = "PART")]
    only: Option<Part>,
    /// Test only the shop in containers: build the images, start, stop and kill them.
    #[arg(long, conflicts_with_all = ["only", "for_cargo"])]
    containers: bool,
    /// Arguments for `cargo test`, which is then the only part: a filter, `-p PACKAGE`,
    /// `-- --nocapture`.
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGUMENT"
    )]
    for_cargo: Vec<String>,
}

#[derive(clap::ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The services and all other Rust code.
    Services,
    /// The API of the whole shop against its OpenAPI documents, and attacks on the edge.
    Api,
    /// The page: its unit tests, and the whole shop in a browser.
    Page,
}

/// Runs the tests. A failing part does not prevent the parts after it.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    if arguments.containers {
        return containers::test();
    }
    let only = arguments
        .only
        .or((!arguments.for_cargo.is_empty()).then_some(Part::Services));
    let mut result = ExitCode::SUCCESS;
    for part in [Part::Services, Part::Api, Part::Page] {
        if only.is_some_and(|only| only != part) {
            continue;
        }
        let code = match part {
            Part::Services => test_services(&arguments.for_cargo)?,
            Part::Api => api::run()?,
            Part::Page => test_page()?,
        };
        if result == ExitCode::SUCCESS {
            result = code;
        }
    }
    Ok(result)
}

/// Runs `cargo test` with a MongoDB and a Kafka.
fn test_services(arguments: &[String]) -> Result<ExitCode> {
    // Built before the servers start: some tests run the programs. All targets, so that dependencies
    // have the features that `cargo test` gives them and are not compiled twice.
    let status = run_program(cargo::command().args(["build", "--workspace", "--all-targets"]))?;
    if !status.success() {
        return Ok(exit_code(status));
    }
    let previous_release = previous_release::build()?;
    let folder = shared_tools();
    let tools = Tools::install(&folder, &ConsoleProgress)?;
    let servers = TestServers::start(&tools)?;
    interrupt::check()?;
    let (mongodb, kafka) = (servers.mongodb_uri(), servers.kafka_brokers());
    print_line!("MongoDB at {mongodb}, Kafka at {kafka}");

    let mut command = cargo::command();
    command
        .args(["test", "--no-fail-fast"])
        .args((!names_packages(arguments)).then_some("--workspace"))
        .args(arguments)
        .env("TEST_MONGODB_URI", mongodb)
        .env("TEST_KAFKA_BROKERS", kafka)
        .env("TEST_KAFKA_USERS_BROKERS", servers.kafka_users_brokers())
        .env("TEST_TOOLS_DIR", folder)
        .env(
            "RUST_TEST_THREADS",
            env::var("RUST_TEST_THREADS").unwrap_or_else(|_| THREADS.to_owned()),
        );
    if let Some(programs) = previous_release {
        command.env("TEST_PREVIOUS_RELEASE", programs);
    }
    run_program(&mut command).map(exit_code)
}

/// Runs the page's checks and unit tests, then the whole shop in a browser.
fn test_page() -> Result<ExitCode> {
    let chromium = programs::test_chromium()?;
    frontend::install_packages()?;
    for script in ["check", "test"] {
        print_line!("testing the page: npm run {script}");
        let code = frontend::run(&mut frontend::npm(&["run", "--silent", script])?)?;
        if code != ExitCode::SUCCESS {
            return Ok(code);
        }
    }
    let shop = TemporaryShop::start(Profile::Test)?;
    print_line!("testing the page: npm run e2e");
    let mut command = frontend::npm(&["run", "--silent", "e2e"])?;
    let code = frontend::run(command.envs(shop.environment()).env("CHROMIUM", chromium))?;
    shop.keep_logs_of_failure(code)?;
    Ok(code)
}

/// Whether the user has chosen packages, which `--workspace` would override.
fn names_packages(arguments: &[String]) -> bool {
    arguments
        .iter()
        .take_while(|argument| *argument != "--")
        .any(|argument| argument.starts_with("-p") || argument.starts_with("--package"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_arguments_when_searched_then_packages_are_found_only_before_the_double_dash() {
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
