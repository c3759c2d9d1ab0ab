//! Honest buyers, who place orders at a steady rate and follow them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use testkit::{Client, Shop, eventually_status, order};
use tokio::task::JoinSet;

const BUYERS: usize = 50;
const PRODUCT: &str = "bread";
/// How long the buyers wait for decisions after the last order.
const DECISION_TIMEOUT: Duration = Duration::from_secs(30);
/// After this silence a buyer opens the event stream again, as a page does.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(15);

const RETRY_DELAY: Duration = Duration::from_millis(100);

/// When an order's decision arrived, by order id.
type Arrivals = Arc<Mutex<HashMap<String, Instant>>>;

/// The outcomes of the orders of honest buyers.
pub(crate) struct Outcomes {
    pub(crate) placed: usize,
    /// How many requests to place an order were not answered with 201.
    pub(crate) failed: usize,
    /// The times from placing an order to its decision in the buyer's event stream.
    pub(crate) decided: Vec<Duration>,
}

/// Adds the product that the buyers order. Returns the buyers.
pub(crate) async fn prepare(shop: &Shop) -> Vec<Client> {
    let buyers: Vec<Client> = (0..BUYERS)
        .map(|number| shop.with_signed_token(&format!("honest{number}@test.example"), "user"))
        .collect();
    shop.add_product(PRODUCT, 1.5, 2_000_000_000).await;
    eventually_status("the product can be ordered", 201, async || {
        buyers[0].post("/api/orders", &order(&[(PRODUCT, 1)])).await
    })
    .await;
    buyers
}

/// Places `rate` orders a second, independent of the responses, and waits until all are decided.
pub(crate) async fn place_orders(buyers: &[Client], rate: u32, duration: Duration) -> Outcomes {
    let (arrivals, done) = (Arrivals::default(), Arc::new(AtomicBool::new(false)));
    let mut followers = JoinSet::new();
    for buyer in buyers {
        followers.spawn(follow(buyer.clone(), arrivals.clone(), done.clone()));
    }
    let starts = place_all(buyers, rate, duration).await;
    let placed: Vec<(String, Instant)> = starts.iter().flatten().cloned().collect();
    let deadline = Instant::now() + DECISION_TIMEOUT;
    let is_missing = |(id, _): &(String, Instant)| !lock(&arrivals).contains_key(id);
    while Instant::now() < deadline && placed.iter().any(is_missing) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    done.store(true, Ordering::Relaxed);
    followers.abort_all();
    let arrivals = lock(&arrivals);
    let times = placed.iter().filter_map(|(id, start)| {
        let arrival = arrivals.get(id)?;
        Some(arrival.duration_since(*start))
    });
    Outcomes {
        placed: placed.len(),
        failed: starts.len() - placed.len(),
        decided: times.collect(),
    }
}

/// Returns the id and the start of each order, or `None` for a failed request.
async fn place_all(
    buyers: &[Client],
    rate: u32,
    duration: Duration,
) -> Vec<Option<(String, Instant)>> {
    let mut calls = JoinSet::new();
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / rate);
    let begin = Instant::now();
    for buyer in buyers.iter().cycle() {
        ticks.tick().await;
        if begin.elapsed() >= duration {
            break;
        }
        let buyer = buyer.clone();
        calls.spawn(async move {
            let start = Instant::now();
            let response = buyer
                .try_post("/api/orders", &order(&[(PRODUCT, 1)]))
                .await
                .ok()?;
            (response.status == 201).then(|| (response.string("id"), start))
        });
    }
    calls.join_all().await
}

/// Follows a buyer's orders and notes when each decision arrives.
async fn follow(buyer: Client, arrivals: Arrivals, done: Arc<AtomicBool>) {
    let mut last: Option<String> = None;
    while !done.load(Ordering::Relaxed) {
        let Ok(mut stream) = buyer
            .try_stream("/api/orders/events", last.as_deref())
            .await
        else {
            tokio::time::sleep(RETRY_DELAY).await;
            continue;
        };
        while let Some(event) = stream.try_next(SILENCE_TIMEOUT).await {
            if event.event == "order" {
                let id = event.json()["id"].as_str().unwrap_or_default().to_owned();
                lock(&arrivals).entry(id).or_insert_with(Instant::now);
            }
            last = Some(event.id);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no panic while it is locked")
}
