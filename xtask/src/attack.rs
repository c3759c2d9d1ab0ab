//! `cargo xtask attack`: what must not work, tried at a shop.

use std::{
    os::unix::process::CommandExt,
    process::{Command, ExitCode},
};

use anyhow::{Context, Result, bail};

use crate::{
    compile::{self, Profile},
    interrupts::Interrupts,
    layout::{Component, Service},
    process,
    state::StateArgument,
};

const PROGRAM: &str = "attack";

/// The command line of `attack`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    state: StateArgument,
    #[command(flatten)]
    addresses: Addresses,
    /// Repeats the random damage of an earlier run, which printed it.
    #[arg(long)]
    seed: Option<u64>,
}

/// A shop elsewhere, which must be one that you may attack. Without any of these it is the one that
/// runs here.
#[derive(clap::Args)]
struct Addresses {
    /// Address of the edge of a shop elsewhere, such as `http://localhost:8080`.
    #[arg(long, value_name = "URL")]
    edge: Option<String>,
    /// Address of its gateway.
    #[arg(long, value_name = "URL")]
    gateway: Option<String>,
    /// Address of its authentication, around the gateway.
    #[arg(long, value_name = "URL")]
    authentication: Option<String>,
    /// Address of its products, around the gateway.
    #[arg(long, value_name = "URL")]
    products: Option<String>,
    /// Address of its orders, around the gateway.
    #[arg(long, value_name = "URL")]
    orders: Option<String>,
}

/// Becomes the program, so that its exit code and Ctrl-C are its own.
pub(crate) fn run(arguments: &Arguments, interrupts: &Interrupts) -> Result<ExitCode> {
    let mut targets = arguments.addresses.options();
    if targets.is_empty() {
        targets = running_here(&arguments.state)?;
    }
    let programs = compile::build(&[PROGRAM], Profile::Dev, interrupts)?;
    let program = programs
        .get(PROGRAM)
        .with_context(|| format!("the package {PROGRAM} has no program"))?;
    let error = Command::new(program)
        .args(targets)
        .args(arguments.seed.map(|seed| format!("--seed={seed}")))
        .exec();
    Err(error).with_context(|| format!("{} could not be started", program.display()))
}

impl Addresses {
    /// As the program takes them.
    fn options(&self) -> Vec<String> {
        [
            ("edge", &self.edge),
            ("gateway", &self.gateway),
            ("authentication", &self.authentication),
            ("products", &self.products),
            ("orders", &self.orders),
        ]
        .into_iter()
        .filter_map(|(name, url)| Some(format!("--{name}={}", url.as_ref()?)))
        .collect()
    }
}

/// What runs of the shop on this machine.
fn running_here(state: &StateArgument) -> Result<Vec<String>> {
    let state = state.open()?;
    let ports = state.record()?.unwrap_or_default().ports;
    let targets: Vec<String> = [
        Component::Edge,
        Component::Service(Service::Gateway),
        Component::Service(Service::Authentication),
        Component::Service(Service::Products),
        Component::Service(Service::Orders),
    ]
    .into_iter()
    .filter_map(|component| {
        let name = component.name();
        process::running(&state, &name)?;
        Some(format!("--{name}=http://localhost:{}", ports.get(&name)?))
    })
    .collect();
    if targets.is_empty() {
        bail!(
            "no shop runs in {}; `cargo xtask up{}` starts it, or say where one is (--gateway URL)",
            state.root().display(),
            state.option()
        );
    }
    Ok(targets)
}
