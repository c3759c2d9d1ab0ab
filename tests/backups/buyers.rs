//! Buyers who keep a shop busy.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use runtime::clock::{Clock as _, SystemClock};
use serde_json::json;
use testkit::{Client, Expectations, Shop, eventually, order};
use tokio::task::JoinSet;

const BUYERS: usize = 4;
/// How many orders are placed before a backup, and after it.
pub(super) const SOME: usize = 80;

/// An acknowledged order.
#[derive(Clone)]
pub(super) struct Placed {
    pub(super) id: String,
    pub(super) buyer: Client,
    acknowledged: Timestamp,
}

/// The acknowledged orders, in the order of their acknowledgement.
pub(super) struct AllPlaced(pub(super) Vec<Placed>);

impl AllPlaced {
    pub(super) fn all(&self) -> Expectations {
        self.before(Timestamp::MAX)
    }

    /// The orders that were acknowledged before this time exist, and others may.
    pub(super) fn before(&self, instant: Timestamp) -> Expectations {
        let before = self.0.iter().filter(|order| order.acknowledged < instant);
        let ids: Vec<String> = before.map(|order| order.id.clone()).collect();
        assert!(ids.len() >= SOME, "orders were placed before {instant}");
        let unknown = self.0.len() - ids.len();
        Expectations {
            unknown,
            ..Expectations::new(ids)
        }
    }
}

/// Buyers who place one order after the other, and an admin who adds vases, of which there are too few.
pub(super) struct Buyers {
    tasks: JoinSet<()>,
    end: Arc<AtomicBool>,
    placed: Arc<Mutex<Vec<Placed>>>,
}

impl Buyers {
    pub(super) async fn start(shop: &Shop) -> Self {
        let mut buyers = Self {
            tasks: JoinSet::new(),
            end: Arc::default(),
            placed: Arc::default(),
        };
        for number in 0..BUYERS {
            let buyer = shop.with_signed_token(&format!("buyer{number}@test.example"), "user");
            let (end, placed) = (Arc::clone(&buyers.end), Arc::clone(&buyers.placed));
            buyers.tasks.spawn(keep_ordering(buyer, end, placed));
        }
        let (admin, end) = (shop.admin().await, Arc::clone(&buyers.end));
        buyers.tasks.spawn(async move {
            while !end.load(Ordering::Relaxed) {
                let more = json!({ "add_quantity": 1 });
                admin
                    .patch("/api/products?name=vase", &more)
                    .await
                    .expect(200);
            }
        });
        buyers
    }

    /// Waits until some more orders are placed.
    pub(super) async fn place_some(&self) {
        let enough = self.count() + SOME;
        eventually("some orders are placed", async || match self.count() {
            placed if placed >= enough => Ok(()),
            placed => Err(format!("{placed} of {enough}")),
        })
        .await;
    }

    fn count(&self) -> usize {
        lock(&self.placed).len()
    }

    pub(super) async fn stop(mut self) -> AllPlaced {
        self.end.store(true, Ordering::Relaxed);
        while let Some(task) = self.tasks.join_next().await {
            task.expect("the buyer does not panic");
        }
        AllPlaced(lock(&self.placed).clone())
    }
}

async fn keep_ordering(buyer: Client, end: Arc<AtomicBool>, placed: Arc<Mutex<Vec<Placed>>>) {
    while !end.load(Ordering::Relaxed) {
        for name in ["bread", "vase"] {
            let response = buyer.post("/api/orders", &order(&[(name, 1)])).await;
            // There may be no vases at the moment.
            assert!(matches!(response.status, 201 | 404), "{response}");
            if response.status == 201 {
                let order = Placed {
                    id: response.string("id"),
                    buyer: buyer.clone(),
                    acknowledged: SystemClock.now(),
                };
                lock(&placed).push(order);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
