//! `cargo xtask down`: stops the shop, whoever started it.

use std::{fs, io::ErrorKind, process::ExitCode};

use anyhow::{Context, Result};

use crate::{
    console::{say, short},
    interrupts::Interrupts,
    process,
    state::{State, StateArgument},
};

/// The command line of `down`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    state: StateArgument,
    /// Also remove the data of MongoDB and Kafka.
    #[arg(long)]
    wipe: bool,
}

/// Stops what runs; with nothing to stop, says so and is content.
pub(crate) fn run(arguments: &Arguments, interrupts: &Interrupts) -> Result<ExitCode> {
    let state = arguments.state.open()?;
    // While another `up` is starting, what it starts could escape; it is done soon.
    let _lock = arguments
        .wipe
        .then(|| state.lock_for_starting(interrupts))
        .transpose()?;
    let names = process::names(&state)?;
    let running: Vec<_> = names
        .iter()
        .filter_map(|name| process::running(&state, name))
        .collect();
    if running.is_empty() {
        say(format_args!("nothing runs in {}", short(state.root())));
    } else {
        let names: Vec<_> = running
            .iter()
            .rev()
            .map(|process| process.name.as_str())
            .collect();
        say(format_args!("stopping {}", names.join(", ")));
        process::stop(&state, &running, interrupts)?;
        say("stopped");
    }
    process::forget_all(&state, &names)?;
    if arguments.wipe {
        wipe(&state)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn wipe(state: &State) -> Result<()> {
    let data = state.data();
    match fs::remove_dir_all(&data) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("could not remove {}", data.display()));
        }
        _ => {}
    }
    state.remove_record()?;
    say(format_args!("removed the data in {}", short(&data)));
    Ok(())
}
