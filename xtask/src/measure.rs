//! `cargo xtask measure`: measures the page and compares it with its performance budgets.

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
    /// The page: Lighthouse scores, paint on a slow phone, script size.
    Page,
}

/// Starts a temporary shop and measures it. Fails if a budget is exceeded.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let Subject::Page = arguments.subject;
    let chromium = CHROMIUM.find_or_install()?;
    let shop = TemporaryShop::start(Profile::Release)?;
    let mut command = frontend::npm(&["run", "--silent", "measure"])?;
    frontend::run(command.envs(shop.environment()).env("CHROMIUM", chromium))
}
