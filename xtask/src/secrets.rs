//! `cargo xtask secrets`: the passwords and keys that containers are started with.

use std::process::ExitCode;

use anyhow::Result;

use crate::{
    console::{say, short},
    state::StateArgument,
};

/// The command line of `secrets`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    state: StateArgument,
}

/// Makes those that are missing, each once, and never shows one.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let folder = arguments.state.open()?.root().join("secrets");
    let made = ::secrets::make_missing(&folder)?;
    say(format_args!(
        "made {} secrets in {}; what was there stays as it was",
        made.len(),
        short(&folder)
    ));
    Ok(ExitCode::SUCCESS)
}
