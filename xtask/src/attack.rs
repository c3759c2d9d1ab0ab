//! `cargo xtask attack`: what must not work, tried at the shop that runs here.

use std::{
    os::unix::process::CommandExt,
    process::{Command, ExitCode},
};

use anyhow::{Context, Result, bail};

use crate::{
    compile::{self, Profile},
    interrupts::Interrupts,
    layout::{Component, Service},
    process,
    state::StateArgument,
};

const PROGRAM: &str = "attack";

/// The command line of `attack`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    state: StateArgument,
    /// Repeats the random damage of an earlier run, which printed it.
    #[arg(long)]
    seed: Option<u64>,
}

/// Becomes the program, so that its exit code and Ctrl-C are its own.
pub(crate) fn run(arguments: &Arguments, interrupts: &Interrupts) -> Result<ExitCode> {
    let state = arguments.state.open()?;
    let ports = state.record()?.unwrap_or_default().ports;
    let targets: Vec<String> = [
        Component::Edge,
        Component::Service(Service::Gateway),
        Component::Service(Service::Authentication),
        Component::Service(Service::Products),
        Component::Service(Service::Orders),
    ]
    .into_iter()
    .filter_map(|component| {
        let name = component.name();
        process::running(&state, &name)?;
        Some(format!("--{name}=http://localhost:{}", ports.get(&name)?))
    })
    .collect();
    if targets.is_empty() {
        bail!(
            "no shop runs in {}; `cargo xtask up{}` starts it",
            state.root().display(),
            state.option()
        );
    }
    let programs = compile::build(&[PROGRAM], Profile::Dev, interrupts)?;
    let program = programs
        .get(PROGRAM)
        .with_context(|| format!("the package {PROGRAM} has no program"))?;
    let error = Command::new(program)
        .args(targets)
        .args(arguments.seed.map(|seed| format!("--seed={seed}")))
        .exec();
    Err(error).with_context(|| format!("{} could not be started", program.display()))
}
