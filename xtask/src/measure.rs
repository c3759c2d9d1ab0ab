//! `cargo xtask measure`: compares the page with its performance budgets.

use std::process::ExitCode;

use anyhow::Result;

use crate::{cargo::Profile, frontend, programs, temporary_shop::TemporaryShop};

/// What to measure.
#[derive(clap::Subcommand)]
pub(crate) enum Subject {
    /// The page: Lighthouse scores, paint on a slow phone, script size.
    Page,
}

/// Starts a temporary shop and measures its page. Fails if a budget is exceeded.
pub(crate) fn run(Subject::Page: &Subject) -> Result<ExitCode> {
    let chromium = programs::chromium()?;
    let shop = TemporaryShop::start(Profile::Release)?;
    let mut command = frontend::npm(&["run", "--silent", "measure"])?;
    frontend::run(command.envs(shop.environment()).env("CHROMIUM", chromium))
}
