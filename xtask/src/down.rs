//! `cargo xtask down`: stops the shop.

use anyhow::Result;

use crate::{console::relative, processes::stop_all, state::State};

/// The command line of `down`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    state: State,
    /// Also remove the data of MongoDB and Kafka.
    #[arg(long)]
    wipe: bool,
}

/// Stops all running processes, whichever command started them. It is no error if there are none.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let state = arguments.state.create()?;
    // A concurrent `up` must not start a store whose data is being removed.
    let _lock = arguments.wipe.then(|| state.lock()).transpose()?;
    if stop_all(&state)? {
        print_line!("stopped");
    } else {
        print_line!("no process is running in {}", relative(&state.root));
    }
    if arguments.wipe {
        state.wipe()?;
        print_line!("removed the data in {}", relative(&state.data()));
    }
    Ok(())
}
