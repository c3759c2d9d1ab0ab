//! Whether the duration of a failed login reveals if the account exists.
//!
//! `FAILED_LOGINS_PER_ACCOUNT=100000 FAILED_LOGINS_PER_ADDRESS=100000 cargo xtask up --detach`, then
//! `cargo bench -p shop-tests --bench login_time`. `SHOP_URL` sets another gateway. Logins with an
//! unknown e-mail and with a wrong password alternate, and each is first in half of the pairs, so
//! that other load on the machine affects both. The goal is a ratio of the medians between 0.95 and
//! 1.05. The ratio of two halves of the same kind shows the noise.

use std::time::{Duration, Instant};

use serde_json::Value;
use testkit::{Client, credentials};

const PAIRS: usize = 1_000;
const WARM_UP: usize = 20;

#[tokio::main]
async fn main() {
    let url = std::env::var("SHOP_URL").unwrap_or_else(|_| "http://127.0.0.1:8000".to_owned());
    let client = Client::new(&url);
    let unknown_email = credentials("unknown@test.example", "a wrong password");
    let wrong_password = credentials("aaa@aaa.com", "a wrong password");
    let (mut unknown, mut wrong) = (Vec::new(), Vec::new());
    for pair in 0..WARM_UP + PAIRS {
        let times = if pair % 2 == 0 {
            let unknown = fail(&client, &unknown_email).await;
            (unknown, fail(&client, &wrong_password).await)
        } else {
            let wrong = fail(&client, &wrong_password).await;
            (fail(&client, &unknown_email).await, wrong)
        };
        if pair >= WARM_UP {
            unknown.push(times.0);
            wrong.push(times.1);
        }
    }
    let (even, odd) = medians_of_halves(&unknown);
    println!("{:<32}{:>10}{:>10}", "POST /api/login, ms", "median", "p90");
    let unknown = print_row("unknown e-mail", unknown);
    let wrong = print_row("wrong password", wrong);
    println!("{:<32}{:>10.3}", "ratio of the medians", unknown / wrong);
    println!("{:<32}{:>10.3}", "noise: ratio of two halves", even / odd);
}

async fn fail(client: &Client, account: &Value) -> Duration {
    let start = Instant::now();
    let response = client.post("/api/login", account).await;
    let elapsed = start.elapsed();
    response.expect(401);
    elapsed
}

/// The medians of the even and of the odd measurements.
fn medians_of_halves(times: &[Duration]) -> (f64, f64) {
    let median = |skipped: usize| {
        let mut half: Vec<Duration> = times.iter().skip(skipped).step_by(2).copied().collect();
        half.sort_unstable();
        milliseconds(half[half.len() / 2])
    };
    (median(0), median(1))
}

/// Prints a row; returns the median in milliseconds.
fn print_row(label: &str, mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    let at = |percent: usize| milliseconds(times[(times.len() - 1) * percent / 100]);
    println!("{label:<32}{:>10.2}{:>10.2}", at(50), at(90));
    at(50)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
