//! `cargo xtask up`: the whole shop on this machine.

use std::{path::Path, process::ExitCode};

use anyhow::Result;

use crate::{
    compile::Profile,
    console::{say, short},
    edge::Page,
    environment::Choices,
    foreground,
    interrupts::Interrupts,
    layout::{Component, HIGHEST_OFFSET, Replicas, Service},
    start::Started,
    state::StateArgument,
};

/// What can be chosen about a shop.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) state: StateArgument,
    /// Move every port by this much, so that several shops run side by side.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = offset())]
    pub(crate) port_offset: u16,
    /// Run more of a service, such as products=3.
    #[arg(long, value_name = "SERVICE=COUNT")]
    pub(crate) replicas: Vec<Replicas>,
    /// Load the development data into empty databases; this is the default.
    #[arg(long, overrides_with = "no_seed")]
    seed: bool,
    /// Start with empty databases.
    #[arg(long)]
    no_seed: bool,
    /// Let the gateway limit requests to 50 a second for each address.
    #[arg(long)]
    limits: bool,
}

impl Options {
    /// A plain shop in a folder, on ports moved by `port_offset`.
    pub(crate) fn of(folder: &Path, port_offset: u16) -> Self {
        Self {
            state: StateArgument::at(folder),
            port_offset,
            replicas: Vec::new(),
            seed: false,
            no_seed: false,
            limits: false,
        }
    }

    /// What reaches the services.
    pub(crate) fn choices(&self) -> Choices {
        let seed = match (self.seed, self.no_seed) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        };
        Choices {
            seed,
            limits: self.limits,
        }
    }
}

fn offset() -> impl clap::builder::TypedValueParser<Value = u16> {
    clap::value_parser!(u16).range(..=i64::from(HIGHEST_OFFSET))
}

/// The command line of `up`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    options: Options,
    /// Return when everything is ready, and leave it running.
    #[arg(long)]
    detach: bool,
    /// Build quick programs; this is the default.
    #[arg(long, conflicts_with = "dev")]
    release: bool,
    /// Build quickly instead.
    #[arg(long)]
    dev: bool,
}

/// Starts what does not run; then shows the logs until Ctrl-C, and stops what it has started.
pub(crate) fn run(arguments: &Arguments, interrupts: &Interrupts) -> Result<ExitCode> {
    let profile = if arguments.dev {
        Profile::Dev
    } else {
        Profile::Release
    };
    let started = Started::start(&arguments.options, profile, Page::Built, interrupts)?;
    introduce(&started, arguments.options.choices());
    if arguments.detach {
        say(format_args!(
            "  stop it     cargo xtask down{}",
            started.state.option()
        ));
        started.leave_running();
        return Ok(ExitCode::SUCCESS);
    }
    foreground::show(started, |_| Ok(()))?;
    Ok(ExitCode::SUCCESS)
}

/// Says where to look.
pub(crate) fn introduce(started: &Started, choices: Choices) {
    let port = |component| started.shop.port(component);
    let shop = format!("http://localhost:{}", port(Component::Edge));
    say("");
    say("The shop is ready.");
    say(format_args!("  the shop    {shop}"));
    say(format_args!("  the API     {shop}/api/docs/"));
    say(format_args!(
        "  the gateway http://127.0.0.1:{}",
        port(Component::Service(Service::Gateway))
    ));
    if choices.seed != Some(false) {
        say(
            "  log in as   aaa@aaa.com or bbb@bbb.com (users), admin@admin.com or ccc@ccc.com (admins);",
        );
        say("              the password is the same as the e-mail");
    }
    say(format_args!(
        "  logs        {}",
        short(&started.state.root().join("log"))
    ));
    say(format_args!(
        "  processes   cargo xtask status{}",
        started.state.option()
    ));
}
