//! `cargo xtask down`: stops the shop, whichever command started it.

use std::process::ExitCode;

use anyhow::Result;

use crate::{
    console::{print, relative},
    processes::stop_all,
    state::StateArgument,
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
    let _lock = arguments.wipe.then(|| state.lock()).transpose()?;
    if stop_all(&state)? {
        print("stopped");
    } else {
        print(format_args!(
            "no process is running in {}",
            relative(&state.root)
        ));
    }
    if arguments.wipe {
        state.wipe()?;
        print(format_args!(
            "removed the data in {}",
            relative(&state.data())
        ));
    }
    Ok(ExitCode::SUCCESS)
}
