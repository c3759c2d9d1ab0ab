//! `cargo xtask up`: runs the whole shop on this machine.

use std::process::ExitCode;

use anyhow::Result;

use crate::{
    cargo::Profile,
    console::{print, relative},
    edge::Page,
    layout::Component,
    options::ShopOptions,
    supervisor::RunningShop,
};

/// The command line of `up`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    options: ShopOptions,
    /// Exit when the shop is ready, and leave it running.
    #[arg(long)]
    detach: bool,
    /// Build fast programs; this is the default.
    #[arg(long, conflicts_with = "dev")]
    release: bool,
    /// Build faster, for slower programs.
    #[arg(long)]
    dev: bool,
}

/// Starts the processes that are not running. Then shows the logs until Ctrl-C, which stops the shop.
pub(crate) fn run(arguments: Arguments) -> Result<ExitCode> {
    let profile = if arguments.dev {
        Profile::Dev
    } else {
        Profile::Release
    };
    let shop = RunningShop::start(arguments.options, profile, Page::Built)?;
    print_urls(&shop);
    if arguments.detach {
        let option = shop.state.option();
        print(format_args!("  stop it     cargo xtask down{option}"));
        shop.detach();
    } else {
        shop.show(|_| Ok(()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the addresses, the accounts and the logs of a shop.
pub(crate) fn print_urls(running: &RunningShop) {
    let shop = format!("http://localhost:{}", running.shop.port(Component::Edge));
    let gateway = running.shop.address(Component::Gateway);
    let logs = relative(&running.state.root.join("log"));
    let option = running.state.option();
    print("");
    print("The shop is ready.");
    print(format_args!("  the shop    {shop}"));
    print(format_args!("  the API     {shop}/api/docs/"));
    print(format_args!("  the gateway http://{gateway}"));
    if running.options.seed() != Some(false) {
        print(
            "  log in as   aaa@aaa.com or bbb@bbb.com (users), admin@admin.com or ccc@ccc.com (admins);",
        );
        print("              the password is the same as the e-mail");
    }
    print(format_args!("  logs        {logs}"));
    print(format_args!("  processes   cargo xtask status{option}"));
}
