//! `cargo xtask up`: runs the whole shop on this machine.

use anyhow::Result;

use crate::{
    cargo::Profile,
    console::relative,
    launch::{Page, ShopOptions},
    layout::Component,
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
    /// Compile with optimisations; this is the default.
    #[arg(long, conflicts_with = "dev")]
    release: bool,
    /// Compile faster; the programs run slower.
    #[arg(long)]
    dev: bool,
}

/// Starts the processes that are not running. Then shows the logs until Ctrl-C, which stops the shop.
pub(crate) fn run(arguments: Arguments) -> Result<()> {
    let profile = if arguments.dev {
        Profile::Dev
    } else {
        Profile::Release
    };
    let shop = RunningShop::start(arguments.options, profile, Page::Built)?;
    print_urls(&shop);
    if arguments.detach {
        print_line!("  stop it     cargo xtask down{}", shop.state.option());
        shop.detach();
        return Ok(());
    }
    shop.show(|_| Ok(()))
}

/// Prints the addresses, the accounts and the logs of a shop.
pub(crate) fn print_urls(running: &RunningShop) {
    let shop = format!("http://localhost:{}", running.shop.port(Component::Edge));
    print_line!("\nThe shop is ready.");
    print_line!("  the shop    {shop}");
    print_line!("  the API     {shop}/api/docs/");
    print_line!(
        "  the gateway http://{}",
        running.shop.address(Component::Gateway)
    );
    if running.options.seed() != Some(false) {
        print_line!(
            "  log in as   aaa@aaa.com or bbb@bbb.com (users), admin@admin.com or ccc@ccc.com (admins);\n\
             \u{20}             the password is the same as the e-mail"
        );
    }
    print_line!(
        "  logs        {}",
        relative(&running.state.root.join("log"))
    );
    print_line!("  processes   cargo xtask status{}", running.state.option());
}
