//! `cargo xtask secrets`: creates the passwords and keys for containers.

use std::process::ExitCode;

use anyhow::Result;

use crate::{
    console::{print, relative},
    state::StateArgument,
};

/// The command line of `secrets`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    state: StateArgument,
}

/// Creates the secrets that are missing. Prints none of them.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let folder = arguments.state.open()?.root.join("secrets");
    let created = ::secrets::make_missing(&folder)?;
    print(format_args!(
        "created {} secrets in {}; existing ones are unchanged",
        created.len(),
        relative(&folder)
    ));
    Ok(ExitCode::SUCCESS)
}
