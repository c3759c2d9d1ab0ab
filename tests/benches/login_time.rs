//! Whether the time of a failed log-in tells if there is an account.
//!
//! `FAILED_LOGINS_PER_ACCOUNT=100000 FAILED_LOGINS_PER_ADDRESS=100000 cargo xtask up --detach`, then
//! `cargo bench -p shop-tests --bench login_time`. `SHOP_URL` names another address. Log-ins with
//! the e-mail of nobody and with a wrong password alternate in one run, each of them first as often
//! as the other, so that what else the machine does meets both. The mark is a ratio of the medians
//! that is within a twentieth of 1; two halves of the same log-ins show how much of it is chance.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::Client;

const PAIRS: usize = 1_000;
const WARM_UP: usize = 20;

#[tokio::main]
async fn main() {
    let shop = std::env::var("SHOP_URL").unwrap_or_else(|_| "http://127.0.0.1:8000".to_owned());
    let visitor = Client::new(&shop);
    let unknown = json!({ "email": "nobody@test.example", "password": "a wrong password" });
    let wrong = json!({ "email": "aaa@aaa.com", "password": "a wrong password" });
    let (mut of_nobody, mut of_somebody) = (Vec::new(), Vec::new());
    for pair in 0..WARM_UP + PAIRS {
        let (nobody, somebody) = if pair % 2 == 0 {
            let nobody = fail(&visitor, &unknown).await;
            (nobody, fail(&visitor, &wrong).await)
        } else {
            let somebody = fail(&visitor, &wrong).await;
            (fail(&visitor, &unknown).await, somebody)
        };
        if pair >= WARM_UP {
            of_nobody.push(nobody);
            of_somebody.push(somebody);
        }
    }
    let (even, odd) = halves(&of_nobody);
    println!("{:<32}{:>10}{:>10}", "POST /api/login, ms", "median", "p90");
    let nobody = row("e-mail of nobody", of_nobody);
    let somebody = row("wrong password", of_somebody);
    println!("{:<32}{:>10.3}", "ratio of the medians", nobody / somebody);
    println!("{:<32}{:>10.3}", "of two halves of the first", even / odd);
}

/// How long it takes to be told that this is nobody.
async fn fail(visitor: &Client, account: &Value) -> Duration {
    let begin = Instant::now();
    let answer = visitor.post("/api/login", account).await;
    let took = begin.elapsed();
    let _ = answer.expect(401);
    took
}

/// The medians of every other one, and of those between.
fn halves(times: &[Duration]) -> (f64, f64) {
    let half = |skipped: usize| {
        let mut half: Vec<Duration> = times.iter().skip(skipped).step_by(2).copied().collect();
        half.sort_unstable();
        milliseconds(half[half.len() / 2])
    };
    (half(0), half(1))
}

/// Prints a row; the median in milliseconds.
fn row(what: &str, mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    let at = |percent: usize| milliseconds(times[(times.len() - 1) * percent / 100]);
    println!("{what:<32}{:>10.2}{:>10.2}", at(50), at(90));
    at(50)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
