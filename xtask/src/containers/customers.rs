//! Customers who order without a pause, and remember what they were told.

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

const CUSTOMERS: usize = 4;
/// Between two orders of one customer.
const PAUSE: Duration = Duration::from_millis(10);

/// Customers at work.
pub(super) struct Customers {
    stop: Arc<AtomicBool>,
    acknowledged: Arc<AtomicUsize>,
    threads: Vec<JoinHandle<Record>>,
}

/// What they were told.
#[derive(Default)]
pub(super) struct Record {
    /// The ids of the orders that were acknowledged.
    pub(super) acknowledged: BTreeSet<String>,
    /// How often the shop said that it cannot.
    pub(super) refused: usize,
    /// How often nobody was there.
    pub(super) turned_away: usize,
    /// How often an answer broke off.
    pub(super) cut_off: usize,
}

impl Customers {
    /// Sends them to the shop, each order for one piece of `product`.
    pub(super) fn send(port: u16, token: &str, product: &str, round: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let acknowledged = Arc::new(AtomicUsize::new(0));
        let threads = (0..CUSTOMERS)
            .map(|number| {
                let (stop, acknowledged) = (Arc::clone(&stop), Arc::clone(&acknowledged));
                let (token, product) = (token.to_owned(), product.to_owned());
                let name = format!("{round}-{number}");
                thread::spawn(move || {
                    let mut record = Record::default();
                    let mut count = 0_u32;
                    while !stop.load(Ordering::Relaxed) {
                        count += 1;
                        record.order(port, &token, &product, &format!("{name}-{count}"));
                        acknowledged.fetch_max(record.acknowledged.len(), Ordering::Relaxed);
                        thread::sleep(PAUSE);
                    }
                    record
                })
            })
            .collect();
        Self {
            stop,
            acknowledged,
            threads,
        }
    }

    /// The most orders that one of them has.
    pub(super) fn most(&self) -> usize {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Calls them back and asks what they were told.
    pub(super) fn call_back(self) -> Result<Record> {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Record::default();
        for thread in self.threads {
            let Ok(record) = thread.join() else {
                bail!("a customer failed");
            };
            all.acknowledged.extend(record.acknowledged);
            all.refused += record.refused;
            all.turned_away += record.turned_away;
            all.cut_off += record.cut_off;
        }
        Ok(all)
    }
}

impl Record {
    fn order(&mut self, port: u16, token: &str, product: &str, key: &str) {
        let request = Request {
            token: Some(token),
            key: Some(key),
            body: Some(json!({ "products": [{ "name": product, "quantity": 1 }] })),
        };
        match http::send(port, "/api/orders", &request) {
            Outcome::Answered(answer) if answer.status == 201 => {
                let id = answer.body["id"].as_str().unwrap_or_default();
                self.acknowledged.insert(id.to_owned());
            }
            Outcome::Answered(_) => self.refused += 1,
            Outcome::TurnedAway => self.turned_away += 1,
            Outcome::CutOff => self.cut_off += 1,
        }
    }
}
