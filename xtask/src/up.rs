//! `cargo xtask up` and `down`: run the whole shop on this machine.

use anyhow::Result;

use crate::{
    cargo::Profile,
    console::relative,
    launch::{Page, ShopOptions},
    layout::Component,
    processes::stop_all,
    state::State,
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
pub(crate) fn run(arguments: Arguments) -> Result<()> {
    let profile = if arguments.dev {
        Profile::Dev
    } else {
        Profile::Release
    };
    let shop = RunningShop::start(arguments.options, profile, Page::Built)?;
    print_urls(&shop);
    if arguments.detach {
        println!("  stop it     cargo xtask down{}", shop.state.option());
        shop.detach();
        return Ok(());
    }
    shop.show(|_| Ok(()))
}

/// Prints the addresses, the accounts and the logs of a shop.
pub(crate) fn print_urls(running: &RunningShop) {
    let shop = format!("http://localhost:{}", running.shop.port(Component::Edge));
    println!("\nThe shop is ready.");
    println!("  the shop    {shop}");
    println!("  the API     {shop}/api/docs/");
    println!(
        "  the gateway http://{}",
        running.shop.address(Component::Gateway)
    );
    if running.options.seed() != Some(false) {
        println!(
            "  log in as   aaa@aaa.com or bbb@bbb.com (users), admin@admin.com or ccc@ccc.com (admins);\n\
             \u{20}             the password is the same as the e-mail"
        );
    }
    println!(
        "  logs        {}",
        relative(&running.state.root.join("log"))
    );
    println!("  processes   cargo xtask status{}", running.state.option());
}

/// Stops all running processes, whichever command started them. It is no error if there are none.
pub(crate) fn down(state: &State, wipe: bool) -> Result<()> {
    // A concurrent `up` must not start a store whose data is being removed.
    let _lock = wipe.then(|| state.lock()).transpose()?;
    if stop_all(state)? {
        println!("stopped");
    } else {
        println!("no process is running in {}", relative(&state.root));
    }
    if wipe {
        state.wipe()?;
        println!("removed the data in {}", relative(&state.data()));
    }
    Ok(())
}
