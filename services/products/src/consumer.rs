//! Consumes `OrderCreate` and decides the orders batch by batch.

use std::collections::HashSet;

use events::{Event, OrderPlaced};
use messaging::consumer::{Handler, IncomingEvent};
use messaging::outbox::Outbox;
use mongo::BACKGROUND_TIMEOUT;
use runtime::clock::SystemClock;
use runtime::lifecycle::Failure;

use crate::deciding::{Deciding, PlacedOrder};
use crate::stock::{Line, Order};
use crate::store::{self, Store};

/// Decides the orders of a batch of events.
pub(crate) struct OrderEventHandler {
    pub(crate) deciding: Deciding<Store, Outbox, SystemClock>,
}

impl Handler for OrderEventHandler {
    async fn handle(&self, batch: &[IncomingEvent]) -> Result<(), Failure> {
        let mut ids = HashSet::new();
        let placed: Vec<PlacedOrder> = batch
            .iter()
            .filter_map(|incoming| match &incoming.event {
                Event::OrderCreate { order } if ids.insert(order.id) => Some(PlacedOrder {
                    order: to_order(order),
                    traceparent: incoming.traceparent.clone(),
                }),
                _ => None,
            })
            .collect();
        let deciding = self.deciding.clone();
        store::with_timeout(
            BACKGROUND_TIMEOUT,
            async move { deciding.decide(&placed).await },
        )
        .await?;
        Ok(())
    }
}

fn to_order(order: &OrderPlaced) -> Order {
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
