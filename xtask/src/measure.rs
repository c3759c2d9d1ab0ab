//! `cargo xtask measure`: what is promised in figures.

use std::process::ExitCode;

use anyhow::Result;

use crate::{
    compile::Profile, interrupts::Interrupts, page, system::CHROMIUM, temporary::Temporary,
};

/// What can be measured.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    subject: Subject,
}

#[derive(clap::Subcommand)]
enum Subject {
    /// The page: its size, and what Lighthouse says of it on a simulated phone.
    Page,
}

/// Starts a shop of its own, measures, and fails where a mark is missed.
pub(crate) fn run(arguments: &Arguments, interrupts: &Interrupts) -> Result<ExitCode> {
    let Subject::Page = arguments.subject;
    let chromium = CHROMIUM.bring(interrupts)?;
    let shop = Temporary::start(Profile::Release, interrupts)?;
    let mut command = page::npm(&["run", "--silent", "measure"])?;
    command.envs(shop.environment()).env("CHROMIUM", chromium);
    page::run_to_end(command, interrupts)
}
