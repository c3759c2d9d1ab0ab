//! Telling products of orders.
//!
//! A pending order in the database is itself the record that `OrderCreate` must be published;
//! what is sent here is a hint, and the sweeper sends it again until the order is decided.

use std::borrow::Borrow;
use std::sync::Arc;

use events::{Message, Topics};
use jiff::SignedDuration;
use messaging::producer::Producer;
use runtime::crash::crash_point;
use runtime::lifecycle::Background;
use tokio::sync::Semaphore;

use crate::order::PendingOrder;

/// How long after its placing an order is sent again if nobody has decided about it. Longer
/// than [`messaging::producer::DELIVERY_TIMEOUT`], so that nothing is sent twice for nothing.
pub const LEASE: SignedDuration = SignedDuration::from_secs(5);

/// How many rounds are on their way at once; what comes on top, with the broker away, is left to
/// the sweeper, so that memory is bounded.
const IN_FLIGHT: usize = 256;

/// Sends `OrderCreate`. Clones share it.
#[derive(Clone)]
pub struct Announcer {
    producer: Producer,
    topics: Arc<Topics>,
    background: Background,
    in_flight: Arc<Semaphore>,
}

impl Announcer {
    /// Sends through `producer`, in `background`.
    pub fn new(producer: Producer, topics: Topics, background: Background) -> Self {
        let in_flight = Arc::new(Semaphore::new(IN_FLIGHT));
        Self {
            producer,
            topics: Arc::new(topics),
            background,
            in_flight,
        }
    }

    /// Sends orders that were just placed, without waiting for the outcome.
    pub fn hint(&self, orders: Vec<Arc<PendingOrder>>) {
        let Ok(permit) = self.in_flight.clone().try_acquire_owned() else {
            return;
        };
        let announcer = self.clone();
        self.background.spawn(async move {
            crash_point("orders.before-send");
            announcer.announce(&orders).await;
            crash_point("orders.after-send");
            drop(permit);
        });
    }

    /// Sends orders: `true` where the broker has acknowledged it. The same order makes the same
    /// message every time.
    pub async fn announce<O: Borrow<PendingOrder>>(&self, orders: &[O]) -> Vec<bool> {
        let messages: Vec<Message> = orders
            .iter()
            .map(|order| {
                let order = order.borrow();
                let traceparent = order.traceparent.clone();
                Message::new(
                    &self.topics,
                    crate::SERVICE,
                    &order.event(),
                    order.created_at,
                    traceparent,
                )
            })
            .collect();
        self.producer.publish(&messages).await
    }
}
