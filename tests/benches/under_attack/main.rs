//! Whether honest buyers notice that the shop is attacked.
//!
//! `cargo build --release --workspace --bins`, then `cargo bench -p shop-tests --bench under_attack`. It starts
//! its own shop with the programs next to it: `--profile dev` measures those of `cargo build`.
//! `ATTACK_SECONDS` and `ORDERS_PER_SECOND` set another duration and rate; a duration of less than some
//! minutes says little, because products pauses for a moment in one of the attacks. The load runs on the
//! same machine.

mod attacks;
mod honest;

use std::time::Duration;

use attacks::Attacks;
use honest::Outcomes;
use testkit::Shop;

/// The targets.
const MAX_P99: Duration = Duration::from_millis(200);
const MAX_DECISION_TIME: Duration = Duration::from_secs(5);
const MAX_MEMORY_ORDERS: u64 = 64;
const MAX_MEMORY_PRODUCTS: u64 = 96;

#[tokio::main]
async fn main() {
    let duration = Duration::from_secs(setting("ATTACK_SECONDS", 600));
    let rate = u32::try_from(setting("ORDERS_PER_SECOND", 100)).expect("a rate");
    if cfg!(debug_assertions) {
        println!("programs without optimisation: the targets do not apply");
    }
    let shop = Shop::builder().dedicated_servers().start().await;
    println!("preparing the attacks");
    let buyers = honest::prepare(&shop).await;
    let attacks = Attacks::prepare(&shop).await;
    println!("{rate} orders a second for {duration:?}, under attack");
    let (outcomes, ()) = tokio::join!(
        honest::place_orders(&buyers, rate, duration),
        attacks.run(duration)
    );
    report(&shop, &outcomes);
    attacks.report();
}

fn setting(name: &str, default: u64) -> u64 {
    let value = std::env::var(name).ok();
    value.map_or(default, |value| value.parse().expect("a number"))
}

fn report(shop: &Shop, outcomes: &Outcomes) {
    let decided = outcomes.decided.len();
    let in_time = outcomes
        .decided
        .iter()
        .filter(|time| **time <= MAX_DECISION_TIME);
    row("", "measured", "target");
    row("honest orders", &outcomes.placed.to_string(), "");
    row("of which failed", &outcomes.failed.to_string(), "0");
    row(
        "of which undecided",
        &(outcomes.placed - decided).to_string(),
        "0",
    );
    row(
        "decided within 5 s",
        &in_time.count().to_string(),
        &outcomes.placed.to_string(),
    );
    for (name, percent, target) in [
        ("p50", 50, None),
        ("p99", 99, Some(MAX_P99)),
        ("slowest", 100, Some(MAX_DECISION_TIME)),
    ] {
        let measured = milliseconds(percentile(&outcomes.decided, percent));
        let target = target.map(milliseconds).unwrap_or_default();
        row(
            &format!("time to the decision, {name}, ms"),
            &measured,
            &target,
        );
    }
    for (service, target) in [
        ("orders", MAX_MEMORY_ORDERS),
        ("products", MAX_MEMORY_PRODUCTS),
    ] {
        let measured = shop.peak_memory(service).to_string();
        row(
            &format!("peak memory of {service}, MiB"),
            &measured,
            &target.to_string(),
        );
    }
}

fn row(name: &str, measured: &str, target: &str) {
    println!("{name:<40}{measured:>12}{target:>12}");
}

fn percentile(times: &[Duration], percent: usize) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    let last = times.len().saturating_sub(1);
    times.get(last * percent / 100).copied().unwrap_or_default()
}

fn milliseconds(time: Duration) -> String {
    format!("{:.0}", time.as_secs_f64() * 1000.0)
}
