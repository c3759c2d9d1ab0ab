//! The program that `cargo xtask attack` runs.

use std::process::ExitCode;

use anyhow::{Result, bail};
use attack::{Kind, Target, run};
use clap::Parser;

/// Sends a running shop requests that must not succeed. Attack only a shop of your own.
#[derive(Parser)]
#[command(name = "attack")]
struct Arguments {
    /// Address of nginx, such as `http://localhost:8080`.
    #[arg(long)]
    edge: Option<String>,
    /// Address of the gateway.
    #[arg(long)]
    gateway: Option<String>,
    /// Address of authentication, to bypass the gateway.
    #[arg(long)]
    authentication: Option<String>,
    /// Address of products, to bypass the gateway.
    #[arg(long)]
    products: Option<String>,
    /// Address of orders, to bypass the gateway.
    #[arg(long)]
    orders: Option<String>,
    /// Seed of the random damage, to repeat an earlier run.
    #[arg(long)]
    seed: Option<u64>,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let addresses = [
        (Kind::Edge, arguments.edge),
        (Kind::Gateway, arguments.gateway),
        (Kind::Authentication, arguments.authentication),
        (Kind::Products, arguments.products),
        (Kind::Orders, arguments.orders),
    ];
    let mut targets = Vec::new();
    for (kind, url) in addresses {
        targets.extend(url.map(|url| Target::new(kind, &url)).transpose()?);
    }
    if targets.is_empty() {
        bail!("at least one address is required; see --help");
    }
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..));
    println!("attacking for about a minute with --seed {seed}");
    let results = run(&targets, seed)?;
    for result in &results {
        println!("{result}");
    }
    let failed = || results.iter().filter(|result| !result.passed);
    let (count, failed_count) = (results.len(), failed().count());
    println!("\n{count} cases, {failed_count} failed");
    // Repeated at the end of a long table, where they are seen.
    for result in failed() {
        println!("{result}");
    }
    Ok(if failed_count == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
