//! How fast a running shop acknowledges and decides orders.
//!
//! `cargo xtask up --detach`, then `cargo bench -p shop-tests --bench order_latency`. `SHOP_URL` sets
//! another gateway, whose shop needs the development data. The benchmark uses the same machine.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use testkit::{Client, EventStream, credentials, order, product};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// The duration of each measurement.
const DURATION: Duration = Duration::from_secs(10);
/// Time limit for an order to be decided after the last one is placed.
const DECISION_TIMEOUT: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() {
    let url = std::env::var("SHOP_URL").unwrap_or_else(|_| "http://127.0.0.1:8000".to_owned());
    let client = Client::new(&url);
    let product = add_product(&log_in(&client, "admin@admin.com").await).await;
    let buyer = log_in(&client, "aaa@aaa.com").await;
    wait_until_available(&buyer, &product).await;
    println!("{:<34}{:>10}{:>10}{:>10}", "", "p50", "p95", "p99");
    for rate in [100, 500, 1000] {
        measure_latency(&buyer, &product, rate).await;
    }
    println!("{:<34}{:>10}{:>10}", "", "placed/s", "decided/s");
    for clients in [16, 128] {
        measure_throughput(&buyer, &product, clients).await;
    }
}

async fn log_in(client: &Client, email: &str) -> Client {
    let response = client.post("/api/login", &credentials(email, email)).await;
    client.with_token(&response.expect(200).string("access_token"))
}

/// Adds a product that does not sell out.
async fn add_product(admin: &Client) -> String {
    let since = std::time::UNIX_EPOCH.elapsed().expect("after 1970");
    let name = format!("bench {}", since.as_millis());
    let product = product(&name, 1.5, 2_000_000_000);
    admin.post("/api/products", &product).await.expect(201);
    name
}

/// Waits until the product can be ordered and an order of it is decided.
async fn wait_until_available(buyer: &Client, product: &str) {
    let mut events = buyer.stream("/api/orders/events", None).await;
    testkit::eventually_status("the product can be ordered", 201, async || {
        buyer.post("/api/orders", &order(&[(product, 1)])).await
    })
    .await;
    events.next(DECISION_TIMEOUT).await;
}

/// Places orders at a steady rate, independent of the responses, and measures the time to the
/// acknowledgement and to the decision in the buyer's event stream.
async fn measure_latency(buyer: &Client, product: &str, rate: u32) {
    let stream = buyer.stream("/api/orders/events", None).await;
    let count = rate * u32::try_from(DURATION.as_secs()).expect("seconds");
    let decisions = tokio::spawn(decision_times(stream, count as usize));
    let mut calls = JoinSet::new();
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / rate);
    for _ in 0..count {
        ticks.tick().await;
        let (buyer, body) = (buyer.clone(), order(&[(product, 1)]));
        calls.spawn(async move {
            let start = Instant::now();
            let response = buyer.post("/api/orders", &body).await.expect(201);
            (response.string("id"), start, start.elapsed())
        });
    }
    let placed = calls.join_all().await;
    let decisions = decisions.await.expect("the stream is read");
    let acknowledged = placed.iter().map(|(_, _, elapsed)| *elapsed).collect();
    let decided = placed
        .iter()
        .map(|(id, start, _)| decisions[id] - *start)
        .collect();
    print_row(&format!("acknowledged at {rate}/s, ms"), acknowledged);
    print_row(&format!("decided at {rate}/s, ms"), decided);
}

/// When each of the next `count` decisions arrives, by order id.
async fn decision_times(mut stream: EventStream, count: usize) -> HashMap<String, Instant> {
    let mut times = HashMap::new();
    while times.len() < count {
        let event = stream.next(DECISION_TIMEOUT).await.json();
        let id = event["id"].as_str().expect("an id").to_owned();
        times.insert(id, Instant::now());
    }
    times
}

fn print_row(label: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1000.0;
    println!(
        "{label:<34}{:>10.1}{:>10.1}{:>10.1}",
        at(50),
        at(95),
        at(99)
    );
}

/// Lets clients place orders, each waiting for its responses, and waits until all are decided.
async fn measure_throughput(buyer: &Client, product: &str, clients: usize) {
    let stream = buyer.stream("/api/orders/events", None).await;
    let (total_sender, total) = oneshot::channel();
    let decisions = tokio::spawn(wait_for_decisions(stream, total));
    let start = Instant::now();
    let mut calls = JoinSet::new();
    for _ in 0..clients {
        let (buyer, body) = (buyer.clone(), order(&[(product, 1)]));
        calls.spawn(async move {
            let mut placed = 0_u32;
            while start.elapsed() < DURATION {
                buyer.post("/api/orders", &body).await.expect(201);
                placed += 1;
            }
            placed
        });
    }
    let placed: u32 = calls.join_all().await.into_iter().sum();
    let placing = start.elapsed();
    total_sender.send(placed).expect("the reader waits for it");
    decisions.await.expect("the stream is read");
    let deciding = start.elapsed();
    let per_second = |time: Duration| f64::from(placed) / time.as_secs_f64();
    println!(
        "{:<34}{:>10.0}{:>10.0}",
        format!("{clients} clients"),
        per_second(placing),
        per_second(deciding)
    );
}

/// Reads decisions until their number is `total`.
async fn wait_for_decisions(mut stream: EventStream, mut total: oneshot::Receiver<u32>) {
    let (mut decided, mut expected) = (0, None);
    while expected != Some(decided) {
        tokio::select! {
            placed = &mut total, if expected.is_none() => expected = placed.ok(),
            _ = stream.next(DECISION_TIMEOUT) => decided += 1,
        }
    }
}
