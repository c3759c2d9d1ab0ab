//! Consumes `OrderCreate` and decides the orders batch by batch.

use std::collections::HashSet;

use domain::{OrderId, whole_milliseconds};
use events::{Event, OrderPlaced};
use messaging::consumer::{Answer, Handler, IncomingEvent};

use crate::deciding::Decider;
use crate::ports::{Clock, Ledger, Publisher, StoreError};
use crate::stock::{Line, Order};

/// Decides the orders of a batch of events.
pub(crate) struct OrderEventHandler<L, P, C> {
    pub(crate) decider: Decider<L, P, C>,
}

/// An order that is not decided, see [`Decider::decide`].
#[derive(Debug, thiserror::Error)]
#[error("order {0} has no decision, and is so old that its decision may be archived")]
struct TooOld(OrderId);

impl<L, P, C> Handler for OrderEventHandler<L, P, C>
where
    L: Ledger,
    P: Publisher<Stored = L::Stored>,
    C: Clock,
{
    async fn handle(&self, batch: &[IncomingEvent]) -> Answer {
        let mut ids = HashSet::new();
        let placed = batch.iter().filter_map(|incoming| match &incoming.event {
            Event::OrderCreate { order } if ids.insert(order.id) => Some(to_order(order, incoming)),
            _ => None,
        });
        let orders: Vec<Order> = placed.collect();
        match self.decider.decide(&orders).await {
            Ok(too_old) => match too_old.first() {
                None => Answer::Done,
                Some(id) => Answer::Never(TooOld(*id).into()),
            },
            Err(error @ StoreError::Refused(_)) => Answer::Never(error.into()),
            Err(error) => Answer::Later(error.into()),
        }
    }
}

fn to_order(order: &OrderPlaced, incoming: &IncomingEvent) -> Order {
    let lines = order.products.iter().map(|line| Line {
        product: line.id,
        name: line.name.clone(),
        quantity: line.quantity,
    });
    Order {
        id: order.id,
        lines: lines.collect(),
        // As it is stored: with more decimals, it would be after its own decision's time.
        placed_at: incoming.time.map(whole_milliseconds),
        traceparent: incoming.traceparent.clone(),
    }
}
