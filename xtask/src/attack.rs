//! `cargo xtask attack`: sends hostile requests to a shop.

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::{
    cargo::{self, Profile},
    layout::Phase,
    processes::running,
    state::State,
};

/// The command line of `attack`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    state: State,
    #[command(flatten)]
    addresses: Addresses,
    /// Repeat the random inputs of an earlier run, which printed this number.
    #[arg(long)]
    seed: Option<u64>,
}

/// The addresses of another shop, which you must be allowed to attack. Without any of these, the
/// attack uses the shop that runs here.
#[derive(clap::Args)]
struct Addresses {
    /// Address of the edge of another shop, for example `http://localhost:8080`.
    #[arg(long, value_name = "URL")]
    edge: Option<String>,
    /// Address of its gateway.
    #[arg(long, value_name = "URL")]
    gateway: Option<String>,
    /// Address of its authentication service, bypassing the gateway.
    #[arg(long, value_name = "URL")]
    authentication: Option<String>,
    /// Address of its products service, bypassing the gateway.
    #[arg(long, value_name = "URL")]
    products: Option<String>,
    /// Address of its orders service, bypassing the gateway.
    #[arg(long, value_name = "URL")]
    orders: Option<String>,
}

/// Runs the program `attack`, whose exit code becomes that of this command.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let mut options = arguments.addresses.options();
    if options.is_empty() {
        options = running_servers(&arguments.state)?;
    }
    options.extend(arguments.seed.map(|seed| format!("--seed={seed}")));
    cargo::build_and_exec("attack", "attack", Profile::Dev, &options)
}

impl Addresses {
    /// The options of the program.
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

/// The options that point the attack program at the servers on this machine.
fn running_servers(state: &State) -> Result<Vec<String>> {
    let running = running(state);
    let instances = state.shop().into_iter().flat_map(|shop| shop.instances);
    let options: Vec<_> = instances
        .filter(|one| running.contains_key(&one.name) && one.name == one.component.name())
        .filter(|one| one.component.phase() != Phase::Stores)
        .map(|one| format!("--{}=http://localhost:{}", one.name, one.port))
        .collect();
    if options.is_empty() {
        bail!(
            "no shop is running in {}; start it with `cargo xtask up{}`, or give the addresses of one \
             (--gateway URL)",
            state.root.display(),
            state.option()
        );
    }
    Ok(options)
}
