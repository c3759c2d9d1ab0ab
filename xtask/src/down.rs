//! `cargo xtask down`: stops the shop, whichever command started it.

use std::{fs, io::ErrorKind, process::ExitCode};

use anyhow::{Context, Result};

use crate::{
    console::{print, relative},
    state::{State, StateArgument},
    supervisor::processes,
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

/// Stops all running processes. It is no error if there are none.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let state = arguments.state.open()?;
    // A concurrent `up` must not start a store whose data is being removed.
    let _lock = arguments.wipe.then(|| state.lock_start()).transpose()?;
    let running = processes::all_running(&state)?;
    if running.is_empty() {
        print(format_args!("nothing runs in {}", relative(state.root())));
    } else {
        let names = running.iter().rev().map(|process| process.name.as_str());
        let names: Vec<_> = names.collect();
        print(format_args!("stopping {}", names.join(", ")));
        processes::stop(&state, &running)?;
        print("stopped");
    }
    processes::remove_stale_pid_files(&state)?;
    if arguments.wipe {
        wipe(&state)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn wipe(state: &State) -> Result<()> {
    let data = state.data();
    match fs::remove_dir_all(&data) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot remove {}", data.display()));
        }
        _ => {}
    }
    state.remove_record()?;
    print(format_args!("removed the data in {}", relative(&data)));
    Ok(())
}
