//! `cargo xtask measure`: measures the sizes and times that the project limits.

use std::process::ExitCode;

use anyhow::Result;

use crate::{cargo::Profile, frontend, programs::CHROMIUM, temporary_shop::TemporaryShop};

/// The command line of `measure`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    subject: Subject,
}

#[derive(clap::Subcommand)]
enum Subject {
    /// Measure the page: its size, and Lighthouse's scores on a simulated phone.
    Page,
}

/// Starts a temporary shop and measures it. Fails if a limit is exceeded.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let Subject::Page = arguments.subject;
    let chromium = CHROMIUM.find_or_install()?;
    let shop = TemporaryShop::start(Profile::Release)?;
    let mut command = frontend::npm(&["run", "--silent", "measure"])?;
    frontend::run(command.envs(shop.environment()).env("CHROMIUM", chromium))
}
