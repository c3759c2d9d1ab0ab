//! Whether clients that send one byte per second slow others down, at each server of the shop.
//!
//! `cargo xtask up --detach`, then `cargo bench -p shop-tests --bench slow_clients`; `-- edge gateway`
//! measures only these servers, and `EDGE_URL`, `GATEWAY_URL`, … set other URLs. Rounds without and
//! with slow clients alternate, so that other load on the machine affects both. The goal is a p99
//! that is less than 10 % higher with them.

use std::time::{Duration, Instant};

use testkit::Client;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const SLOW_CLIENTS: usize = 200;
const ROUNDS: usize = 6;
const ROUND_DURATION: Duration = Duration::from_secs(5);
const READS_PER_SECOND: u32 = 400;

/// Name, default URL, and the path to read.
const SERVERS: [(&str, &str, &str); 5] = [
    ("edge", "http://127.0.0.1:8080", "/api/products"),
    ("gateway", "http://127.0.0.1:8000", "/api/products"),
    (
        "authentication",
        "http://127.0.0.1:8001",
        "/api/authentication_health",
    ),
    ("products", "http://127.0.0.1:8002", "/api/products"),
    ("orders", "http://127.0.0.1:8003", "/api/orders_health"),
];

#[tokio::main]
async fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        // `cargo bench` adds `--bench`.
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    println!(
        "{:<16}{:>34}{:>34}{:>10}",
        "", "without: p50, p99 ms", "with 200: p50, p99 ms", "p99 / p99"
    );
    for (name, url, path) in SERVERS {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            let variable = format!("{}_URL", name.to_uppercase());
            measure(
                name,
                &std::env::var(variable).unwrap_or_else(|_| url.to_owned()),
                path,
            )
            .await;
        }
    }
}

async fn measure(name: &str, url: &str, path: &'static str) {
    let client = Client::new(url);
    read(&client, path).await;
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        without.extend(read(&client, path).await);
        let slow = slow_clients(url).await;
        with.extend(read(&client, path).await);
        drop(slow);
    }
    let (without, with) = (percentiles(without), percentiles(with));
    println!(
        "{name:<16}{:>24.2}{:>10.2}{:>24.2}{:>10.2}{:>10.2}",
        without.0,
        without.1,
        with.0,
        with.1,
        with.1 / without.1
    );
}

/// Reads at a steady rate, independent of the responses, and returns the duration of each call.
async fn read(client: &Client, path: &'static str) -> Vec<Duration> {
    let count = READS_PER_SECOND * u32::try_from(ROUND_DURATION.as_secs()).expect("seconds");
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / READS_PER_SECOND);
    let mut calls = JoinSet::new();
    for _ in 0..count {
        ticks.tick().await;
        let client = client.clone();
        calls.spawn(async move {
            let start = Instant::now();
            client.get(path).await.expect(200);
            start.elapsed()
        });
    }
    calls.join_all().await
}

/// Opens slow connections. Half of them never complete the request head, half the body. They close
/// when the set is dropped.
async fn slow_clients(url: &str) -> JoinSet<()> {
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    let mut clients = JoinSet::new();
    for number in 0..SLOW_CLIENTS {
        let mut connection = TcpStream::connect(address).await.expect("a connection");
        let head = if number % 2 == 0 {
            "POST /api/login HTTP/1.1\r\nHost: a\r\nX: "
        } else {
            "POST /api/login HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"
        };
        connection.write_all(head.as_bytes()).await.expect("writes");
        clients.spawn(async move {
            let mut ticks = tokio::time::interval(Duration::from_secs(1));
            while connection.write_all(b"x").await.is_ok() {
                ticks.tick().await;
            }
        });
    }
    clients
}

/// Returns p50 and p99 in milliseconds.
fn percentiles(mut times: Vec<Duration>) -> (f64, f64) {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1000.0;
    (at(50), at(99))
}
