//! Buyers who place orders continuously, and record the responses.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::{Result, bail};
use serde_json::json;

use super::http::{self, Outcome, Request};

const BUYERS: usize = 4;
/// The delay between two orders of a buyer.
const ORDER_DELAY: Duration = Duration::from_millis(10);

/// Running buyers.
pub(super) struct Buyers {
    stop: Arc<AtomicBool>,
    acknowledged: Arc<AtomicUsize>,
    threads: Vec<JoinHandle<Responses>>,
}

/// The responses to buyers.
#[derive(Default)]
pub(super) struct Responses {
    /// The ids of the orders that were acknowledged.
    pub(super) acknowledged: BTreeSet<String>,
    /// The number of error responses.
    pub(super) errors: usize,
    /// The number of requests without a response.
    pub(super) missing: usize,
    /// The number of incomplete responses.
    pub(super) incomplete: usize,
}

impl Buyers {
    /// Starts the buyers. Each order is for one item of `product`.
    pub(super) fn start(port: u16, token: &str, product: &str, round: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let acknowledged = Arc::new(AtomicUsize::new(0));
        let threads = (0..BUYERS)
            .map(|number| {
                let (stop, acknowledged) = (Arc::clone(&stop), Arc::clone(&acknowledged));
                let (token, product) = (token.to_owned(), product.to_owned());
                let name = format!("{round}-{number}");
                thread::spawn(move || {
                    let mut responses = Responses::default();
                    let mut count = 0_u32;
                    while !stop.load(Ordering::Relaxed) {
                        count += 1;
                        responses.order(port, &token, &product, &format!("{name}-{count}"));
                        acknowledged.fetch_max(responses.acknowledged.len(), Ordering::Relaxed);
                        thread::sleep(ORDER_DELAY);
                    }
                    responses
                })
            })
            .collect();
        Self {
            stop,
            acknowledged,
            threads,
        }
    }

    /// The highest number of acknowledged orders of a buyer.
    pub(super) fn max_orders(&self) -> usize {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Stops the buyers and returns their responses.
    pub(super) fn stop(self) -> Result<Responses> {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Responses::default();
        for thread in self.threads {
            let Ok(responses) = thread.join() else {
                bail!("a buyer has panicked");
            };
            all.acknowledged.extend(responses.acknowledged);
            all.errors += responses.errors;
            all.missing += responses.missing;
            all.incomplete += responses.incomplete;
        }
        Ok(all)
    }
}

impl Responses {
    fn order(&mut self, port: u16, token: &str, product: &str, key: &str) {
        let request = Request {
            token: Some(token),
            key: Some(key),
            body: Some(json!({ "products": [{ "name": product, "quantity": 1 }] })),
        };
        match http::send(port, "/api/orders", &request) {
            Outcome::Complete(response) if response.status == 201 => {
                let id = response.body["id"].as_str().unwrap_or_default();
                self.acknowledged.insert(id.to_owned());
            }
            Outcome::Complete(_) => self.errors += 1,
            Outcome::Missing => self.missing += 1,
            Outcome::Incomplete => self.incomplete += 1,
        }
    }
}
