//! Buyers who place orders continuously, and record the responses.

use std::{
    collections::BTreeSet,
    fmt,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use anyhow::{Result, anyhow};

use super::client::Client;
use crate::http::Outcome;

const BUYERS: usize = 4;
/// The delay between two orders of a buyer.
const ORDER_DELAY: Duration = Duration::from_millis(10);

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

/// Calls `during` while buyers place orders, and returns their responses.
///
/// `during` receives the highest number of acknowledged orders of a buyer. The idempotency keys begin
/// with `round`.
pub(super) fn while_buyers_order(
    client: &Client,
    round: &str,
    during: impl FnOnce(&AtomicUsize) -> Result<()>,
) -> Result<Responses> {
    let (stop, max_orders) = (AtomicBool::new(false), AtomicUsize::new(0));
    let place_orders = |buyer: usize| {
        let mut responses = Responses::default();
        let mut count = 0_u32;
        while !stop.load(Ordering::Relaxed) {
            count += 1;
            responses.add(client.order(&format!("{round}-{buyer}-{count}")));
            max_orders.fetch_max(responses.acknowledged.len(), Ordering::Relaxed);
            thread::sleep(ORDER_DELAY);
        }
        responses
    };
    thread::scope(|scope| {
        let place_orders = &place_orders;
        let start = |buyer| scope.spawn(move || place_orders(buyer));
        let buyers: Vec<_> = (0..BUYERS).map(start).collect();
        let result = during(&max_orders);
        stop.store(true, Ordering::Relaxed);
        let mut all = Responses::default();
        for buyer in buyers {
            let responses = buyer.join().map_err(|_| anyhow!("a buyer has panicked"))?;
            all.acknowledged.extend(responses.acknowledged);
            all.errors += responses.errors;
            all.missing += responses.missing;
            all.incomplete += responses.incomplete;
        }
        result.map(|()| all)
    })
}

impl fmt::Display for Responses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            acknowledged,
            errors,
            missing,
            incomplete,
        } = self;
        let orders = acknowledged.len();
        write!(
            f,
            "{orders} orders acknowledged, {errors} error responses, {missing} without a response, \
             {incomplete} incomplete responses"
        )
    }
}

impl Responses {
    fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Complete(201, body) => {
                let id = body["id"].as_str().unwrap_or_default();
                self.acknowledged.insert(id.to_owned());
            }
            Outcome::Complete(..) => self.errors += 1,
            Outcome::Missing => self.missing += 1,
            Outcome::Incomplete => self.incomplete += 1,
        }
    }
}
