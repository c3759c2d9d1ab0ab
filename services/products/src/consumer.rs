//! `OrderCreate` in: orders are decided batch by batch.

use std::collections::HashSet;

use events::{Event, OrderPlaced};
use jiff::Timestamp;
use messaging::consumer::{Handler, IncomingEvent};
use mongo::BACKGROUND_TIMEOUT;
use runtime::lifecycle::Failure;

use crate::stock::{Line, Order};
use crate::store::{Placed, Store};

/// Decides what orders are told of.
pub(crate) struct Decider {
    store: Store,
}

impl Decider {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }
}

impl Handler for Decider {
    async fn handle(&self, batch: &[IncomingEvent]) -> Result<(), Failure> {
        let mut met = HashSet::new();
        let placed: Vec<Placed> = batch
            .iter()
            .filter_map(|incoming| match &incoming.event {
                Event::OrderCreate { order } if met.insert(order.id) => Some(Placed {
                    order: to_decide(order),
                    traceparent: incoming.traceparent.clone(),
                }),
                _ => None,
            })
            .collect();
        let store = self.store.clone();
        mongo::with_timeout(BACKGROUND_TIMEOUT, async move {
            store.decide(&placed, Timestamp::now()).await
        })
        .await?;
        Ok(())
    }
}

fn to_decide(order: &OrderPlaced) -> Order {
    let lines = order.products.iter().map(|line| Line {
        product: line.id,
        name: line.name.clone(),
        quantity: line.quantity,
    });
    Order {
        id: order.id,
        lines: lines.collect(),
    }
}
