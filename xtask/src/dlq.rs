//! `cargo xtask dlq`: the messages that could not be processed, by the program that comes with the
//! messaging crate.

use std::{
    os::unix::process::CommandExt,
    process::{Command, ExitCode},
};

use anyhow::{Context, Result, bail};

use crate::{
    compile::{self, Profile},
    interrupts::Interrupts,
    process,
    state::StateArgument,
};

const PROGRAM: &str = "dead-letters";

/// The command line of `dlq`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    state: StateArgument,
    /// `list` shows the messages and why they could not be processed, `replay` returns them to
    /// their topics.
    #[arg(required = true, value_name = "list|replay")]
    arguments: Vec<String>,
}

/// Becomes the program, so that its exit code and Ctrl-C are its own.
pub(crate) fn run(arguments: &Arguments, interrupts: &Interrupts) -> Result<ExitCode> {
    let state = arguments.state.open()?;
    let record = state
        .record()?
        .filter(|_| process::running(&state, "kafka").is_some());
    let Some(record) = record else {
        bail!(
            "no Kafka runs in {}; `cargo xtask up{}` starts the shop",
            state.root().display(),
            state.option()
        );
    };
    let programs = compile::build(&["messaging"], Profile::Release, interrupts)?;
    let program = programs
        .get(PROGRAM)
        .with_context(|| format!("the package messaging has no program {PROGRAM}"))?;
    let error = Command::new(program)
        .args(["--brokers", &record.kafka_brokers])
        .args(&arguments.arguments)
        .exec();
    Err(error).with_context(|| format!("{} could not be started", program.display()))
}
