//! `cargo xtask dlq`: the dead-letter queue, by the program `events` of the messaging crate.

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::{
    cargo::{self, Profile},
    layout::Component,
    processes::running,
    state::State,
};

/// The command line of `dlq`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    state: State,
    /// `list` shows the dead letters and their errors, `replay` returns them to their topics, `purge`
    /// deletes them; `help` lists the options.
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "list|replay|purge"
    )]
    arguments: Vec<String>,
}

/// Runs the program, whose exit code becomes that of this command.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let state = &arguments.state;
    let runs = running(state).contains_key(Component::Kafka.name());
    let Some(shop) = state.shop().filter(|_| runs) else {
        bail!(
            "Kafka is not running in {}; start the shop with `cargo xtask up{}`",
            state.root.display(),
            state.option()
        );
    };
    let brokers = shop.address(Component::Kafka);
    let queue = ["--brokers".to_owned(), brokers, "dead-letters".to_owned()];
    let options = [&queue[..], &arguments.arguments].concat();
    cargo::build_and_exec("messaging", "events", Profile::Release, &options)
}
