//! Whether honest buyers notice that the shop is attacked.
//!
//! `cargo build --release --workspace --bins`, then `cargo bench -p shop-tests --bench under_attack`. It starts
//! its own shop with the programs next to it: `--profile dev` measures those of `cargo build`.
//! The exit code is 1 if a target is missed.
//! `ATTACK_SECONDS` and `ORDERS_PER_SECOND` set another duration and rate; a duration of less than some
//! minutes says little, because products pauses for a moment in one of the attacks. The load runs on the
//! same machine.

mod attacks;
mod honest;

use std::process::ExitCode;
use std::time::Duration;

use Target::{Max, Min};
use attacks::Attacks;
use honest::Outcomes;
use testkit::Shop;

/// The targets.
const MAX_P99: Duration = Duration::from_millis(200);
const MAX_DECISION_TIME: Duration = Duration::from_secs(5);
const MAX_MEMORY_ORDERS: usize = 64;
const MAX_MEMORY_PRODUCTS: usize = 96;
/// How long orders are placed before the measurement: the JVM of Kafka compiles for about a minute, and
/// needs most of a core for that.
const WARM_UP: Duration = Duration::from_mins(1);

#[tokio::main]
async fn main() -> ExitCode {
    let duration = Duration::from_secs(setting("ATTACK_SECONDS", 600));
    let rate = u32::try_from(setting("ORDERS_PER_SECOND", 100)).expect("a rate");
    if cfg!(debug_assertions) {
        println!("programs without optimisation: the targets do not apply");
    }
    let shop = Shop::builder().dedicated_servers().start().await;
    println!("preparing the attacks");
    let buyers = honest::prepare(&shop).await;
    let attacks = Attacks::prepare(&shop).await;
    println!("{rate} orders a second for {WARM_UP:?}, to warm up");
    honest::place_orders(&buyers, rate, WARM_UP).await;
    println!("{rate} orders a second for {duration:?}, under attack");
    let (outcomes, ()) = tokio::join!(
        honest::place_orders(&buyers, rate, duration),
        attacks.run(duration)
    );
    let missed = report(&shop, &outcomes);
    attacks.report();
    if missed.is_empty() || cfg!(debug_assertions) {
        return ExitCode::SUCCESS;
    }
    println!("missed targets: {}", missed.join("; "));
    ExitCode::FAILURE
}

fn setting(name: &str, default: u64) -> u64 {
    let value = std::env::var(name).ok();
    value.map_or(default, |value| value.parse().expect("a number"))
}

/// Prints the outcomes beside the targets. Returns the names of the missed ones.
fn report(shop: &Shop, outcomes: &Outcomes) -> Vec<String> {
    let (placed, decided) = (outcomes.placed, outcomes.decided.len());
    let times = outcomes.decided.iter();
    let in_time = times.clone().filter(|time| **time <= MAX_DECISION_TIME);
    let slow = times.filter(|time| **time > MAX_P99).count();
    let time = |percent| milliseconds(percentile(&outcomes.decided, percent));
    println!("{:<40}{:>12}{:>12}", "", "measured", "target");
    let mut table = Table::default();
    table.row("honest orders", placed, None);
    table.row("of which failed", outcomes.failed, Some(Max(0)));
    table.row("of which undecided", placed - decided, Some(Max(0)));
    table.row("decided within 5 s", in_time.count(), Some(Min(placed)));
    table.row("decided after more than 200 ms", slow, None);
    for (name, percent, target) in [
        ("p50", 50, None),
        ("p99", 99, Some(Max(milliseconds(MAX_P99)))),
        ("slowest", 100, Some(Max(milliseconds(MAX_DECISION_TIME)))),
    ] {
        let name = format!("time to the decision, {name}, ms");
        table.row(&name, time(percent), target);
    }
    for (service, target) in [
        ("orders", MAX_MEMORY_ORDERS),
        ("products", MAX_MEMORY_PRODUCTS),
    ] {
        let name = format!("peak memory of {service}, MiB");
        let measured = usize::try_from(shop.peak_memory(service)).expect("a size");
        table.row(&name, measured, Some(Max(target)));
    }
    table.missed
}

#[derive(Clone, Copy)]
enum Target {
    Min(usize),
    Max(usize),
}

/// The printed rows.
#[derive(Default)]
struct Table {
    /// The names of the rows whose target is missed.
    missed: Vec<String>,
}

impl Table {
    fn row(&mut self, name: &str, measured: usize, target: Option<Target>) {
        let (text, is_met) = match target {
            None => (String::new(), true),
            Some(Min(target)) => (target.to_string(), measured >= target),
            Some(Max(target)) => (target.to_string(), measured <= target),
        };
        println!("{name:<40}{measured:>12}{text:>12}");
        if !is_met {
            self.missed.push(name.to_owned());
        }
    }
}

fn percentile(times: &[Duration], percent: usize) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    let last = times.len().saturating_sub(1);
    times.get(last * percent / 100).copied().unwrap_or_default()
}

fn milliseconds(time: Duration) -> usize {
    usize::try_from(time.as_millis()).unwrap_or(usize::MAX)
}
