//! The program behind `cargo xtask attack`.

use std::process::ExitCode;

use anyhow::{Result, bail};
use attack::{Kind, Row, Target, run, table};
use clap::Parser;

/// Tries against a running shop what must not work. The shop must be one that you may attack.
#[derive(Parser)]
#[command(name = "attack")]
struct Arguments {
    /// Address of nginx, such as `http://localhost:8080`.
    #[arg(long)]
    edge: Option<String>,
    /// Address of the gateway.
    #[arg(long)]
    gateway: Option<String>,
    /// Address of authentication, around the gateway.
    #[arg(long)]
    authentication: Option<String>,
    /// Address of products, around the gateway.
    #[arg(long)]
    products: Option<String>,
    /// Address of orders, around the gateway.
    #[arg(long)]
    orders: Option<String>,
    /// Repeats the random damage of an earlier run.
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
        bail!("name at least one address to attack, see --help");
    }
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..));
    println!("attacking for about a minute, with --seed {seed}");
    let rows = run(&targets, seed)?;
    for line in table(&rows) {
        println!("{line}");
    }
    let count = rows.len();
    let bad: Vec<Row> = rows.into_iter().filter(|row| !row.held).collect();
    println!("\n{count} cases, {} of them bad", bad.len());
    if !bad.is_empty() {
        // Once more, where a reader of a long table ends.
        for line in table(&bad) {
            println!("{line}");
        }
    }
    Ok(if bad.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
