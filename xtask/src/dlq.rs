//! `cargo xtask dlq`: the dead-letter queue, by the program `dead-letters` of the messaging crate.

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::{
    cargo::{self, Profile},
    state::StateArgument,
    supervisor::processes,
};

/// The command line of `dlq`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    state: StateArgument,
    /// `list` shows the dead letters and their errors, `replay` returns them to their topics.
    #[arg(required = true, value_name = "list|replay")]
    arguments: Vec<String>,
}

/// Runs the program, whose exit code becomes that of this command.
pub(crate) fn run(arguments: Arguments) -> Result<ExitCode> {
    let state = arguments.state.open()?;
    let record = state
        .record()?
        .filter(|_| processes::running(&state, "kafka").is_some());
    let Some(record) = record else {
        bail!(
            "Kafka is not running in {}; start the shop with `cargo xtask up{}`",
            state.root().display(),
            state.option()
        );
    };
    let options = [
        vec!["--brokers".to_owned(), record.kafka_brokers],
        arguments.arguments,
    ]
    .concat();
    cargo::build_and_exec("messaging", "dead-letters", Profile::Release, &options)
}
