//! How fast a running shop takes orders and decides them.
//!
//! `cargo xtask up --detach`, then `cargo bench -p shop-tests --bench placing`. `SHOP_URL` names
//! another gateway; the seeded users must be there. The figures are of the whole machine, this
//! program included.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::{Client, EventStream, order};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// How long each part lasts.
const LASTS: Duration = Duration::from_secs(10);
/// How long an order may stay undecided once nobody places any more.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() {
    let shop = std::env::var("SHOP_URL").unwrap_or_else(|_| "http://127.0.0.1:8000".to_owned());
    let visitor = Client::new(&shop);
    let product = stock(&log_in(&visitor, "admin@admin.com").await).await;
    let buyer = log_in(&visitor, "aaa@aaa.com").await;
    settle(&buyer, &product).await;
    println!("{:<34}{:>10}{:>10}{:>10}", "", "p50", "p95", "p99");
    for rate in [100, 500, 1000] {
        paced(&buyer, &product, rate).await;
    }
    println!("{:<34}{:>10}{:>10}", "", "taken/s", "decided/s");
    for clients in [16, 128] {
        flat_out(&buyer, &product, clients).await;
    }
}

async fn log_in(visitor: &Client, email: &str) -> Client {
    let credentials = json!({ "email": email, "password": email });
    let answer = visitor.post("/api/login", &credentials).await.expect(200);
    visitor.with_token(answer.json()["access_token"].as_str().expect("a token"))
}

/// A product that does not run out.
async fn stock(admin: &Client) -> String {
    let since = std::time::UNIX_EPOCH.elapsed().expect("after 1970");
    let name = format!("bench {}", since.as_millis());
    let product = json!({ "product": {
        "name": name, "description": "For measuring", "price": 1.5, "quantity": 2_000_000_000,
        "categories": ["kitchen"],
    }});
    let _ = admin.post("/api/products", &product).await.expect(201);
    name
}

/// Waits until the product can be ordered, and an order of it is decided.
async fn settle(buyer: &Client, product: &str) {
    let mut events = buyer.stream("/api/orders/events", None).await;
    let begin = Instant::now();
    while buyer
        .post("/api/orders", &order(&[(product, 1)]))
        .await
        .status
        != 201
    {
        assert!(begin.elapsed() < PATIENCE, "the product cannot be ordered");
    }
    events.next(PATIENCE).await;
}

/// Orders at a steady rate, whether or not those before are answered: how long each takes until
/// it is acknowledged, and until the buyer's event stream says how it ended.
async fn paced(buyer: &Client, product: &str, rate: u32) {
    let stream = buyer.stream("/api/orders/events", None).await;
    let count = rate * u32::try_from(LASTS.as_secs()).expect("seconds");
    let ends = tokio::spawn(ends(stream, count as usize));
    let mut calls = JoinSet::new();
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / rate);
    for _ in 0..count {
        ticks.tick().await;
        let (buyer, body) = (buyer.clone(), order(&[(product, 1)]));
        calls.spawn(async move {
            let begin = Instant::now();
            let answer = buyer.post("/api/orders", &body).await.expect(201);
            let id = answer.json()["id"].as_str().expect("an id").to_owned();
            (id, begin, begin.elapsed())
        });
    }
    let placed = calls.join_all().await;
    let ends = ends.await.expect("the stream is read");
    let taken = placed.iter().map(|(_, _, taken)| *taken).collect();
    let decided = placed
        .iter()
        .map(|(id, begin, _)| ends[id] - *begin)
        .collect();
    row(&format!("acknowledged at {rate}/s, ms"), taken);
    row(&format!("placed to decided at {rate}/s, ms"), decided);
}

/// When each of the next `count` decisions was told.
async fn ends(mut stream: EventStream, count: usize) -> HashMap<String, Instant> {
    let mut ends = HashMap::new();
    while ends.len() < count {
        let event: Value = stream.next(PATIENCE).await.json();
        let id = event["id"].as_str().expect("an id").to_owned();
        ends.insert(id, Instant::now());
    }
    ends
}

fn row(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1000.0;
    println!("{what:<34}{:>10.1}{:>10.1}{:>10.1}", at(50), at(95), at(99));
}

/// As many orders as so many clients can place, each waiting for its answer, until all are decided.
async fn flat_out(buyer: &Client, product: &str, clients: usize) {
    let stream = buyer.stream("/api/orders/events", None).await;
    let (tell_total, total) = oneshot::channel();
    let decided = tokio::spawn(all_decided(stream, total));
    let begin = Instant::now();
    let mut calls = JoinSet::new();
    for _ in 0..clients {
        let (buyer, body) = (buyer.clone(), order(&[(product, 1)]));
        calls.spawn(async move {
            let mut placed = 0_u32;
            while begin.elapsed() < LASTS {
                let _ = buyer.post("/api/orders", &body).await.expect(201);
                placed += 1;
            }
            placed
        });
    }
    let placed: u32 = calls.join_all().await.into_iter().sum();
    let taking = begin.elapsed();
    tell_total.send(placed).expect("the reader waits for it");
    decided.await.expect("the stream is read");
    let deciding = begin.elapsed();
    let per_second = |time: Duration| f64::from(placed) / time.as_secs_f64();
    println!(
        "{:<34}{:>10.0}{:>10.0}",
        format!("{clients} clients"),
        per_second(taking),
        per_second(deciding)
    );
}

/// Reads decisions until there are as many as `total` will say.
async fn all_decided(mut stream: EventStream, mut total: oneshot::Receiver<u32>) {
    let (mut decided, mut expected) = (0, None);
    while expected != Some(decided) {
        tokio::select! {
            placed = &mut total, if expected.is_none() => expected = placed.ok(),
            _ = stream.next(PATIENCE) => decided += 1,
        }
    }
}
