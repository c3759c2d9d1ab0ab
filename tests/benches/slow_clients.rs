//! Whether clients that send a byte now and then make others wait.
//!
//! `cargo xtask up --detach`, then `cargo bench -p shop-tests --bench slow_clients`. `SHOP_URL`
//! names another address. Rounds without and with slow clients alternate in one run, so that what
//! else the machine does meets both; the mark is a p99 that is less than 10 % higher.

use std::time::{Duration, Instant};

use testkit::Client;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const SLOW_CLIENTS: usize = 200;
const ROUNDS: usize = 6;
const ROUND: Duration = Duration::from_secs(5);
const READS_PER_SECOND: u32 = 400;

#[tokio::main]
async fn main() {
    let shop = std::env::var("SHOP_URL").unwrap_or_else(|_| "http://127.0.0.1:8000".to_owned());
    let visitor = Client::new(&shop);
    read(&visitor).await;
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        without.extend(read(&visitor).await);
        let slow = slow_clients(&shop).await;
        with.extend(read(&visitor).await);
        drop(slow);
    }
    println!("{:<24}{:>10}{:>10}", "GET /api/products, ms", "p50", "p99");
    let without = row("without slow clients", without);
    let with = row(&format!("with {SLOW_CLIENTS} of them"), with);
    println!("{:<24}{:>20.2}", "ratio of the p99", with / without);
}

/// Reads at a steady rate, whether or not those before are answered: how long each takes.
async fn read(visitor: &Client) -> Vec<Duration> {
    let count = READS_PER_SECOND * u32::try_from(ROUND.as_secs()).expect("seconds");
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / READS_PER_SECOND);
    let mut calls = JoinSet::new();
    for _ in 0..count {
        ticks.tick().await;
        let visitor = visitor.clone();
        calls.spawn(async move {
            let begin = Instant::now();
            let _ = visitor.get("/api/products").await.expect(200);
            begin.elapsed()
        });
    }
    calls.join_all().await
}

/// Half of them never end their head, half their body; they stop when this is dropped.
async fn slow_clients(shop: &str) -> JoinSet<()> {
    let address = shop.trim_start_matches("http://").trim_end_matches('/');
    let mut clients = JoinSet::new();
    for number in 0..SLOW_CLIENTS {
        let mut connection = TcpStream::connect(address).await.expect("a connection");
        let begin = if number % 2 == 0 {
            "POST /api/login HTTP/1.1\r\nHost: a\r\nX: "
        } else {
            "POST /api/login HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"
        };
        connection
            .write_all(begin.as_bytes())
            .await
            .expect("the beginning of a request");
        clients.spawn(async move {
            let mut ticks = tokio::time::interval(Duration::from_secs(1));
            while connection.write_all(b"x").await.is_ok() {
                ticks.tick().await;
            }
        });
    }
    clients
}

/// Prints a row; the p99 in milliseconds.
fn row(what: &str, mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1000.0;
    println!("{what:<24}{:>10.2}{:>10.2}", at(50), at(99));
    at(99)
}
