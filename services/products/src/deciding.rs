//! Deciding orders: a batch becomes decisions, new stock and messages in one transaction.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use domain::{ProductId, whole_milliseconds};
use events::{Message, ProductState};
use jiff::Timestamp;

use crate::messages::Messages;
use crate::ports::{Clock, Effects, Ledger, Loaded, Publisher, StoreError};
use crate::stock::{self, BatchOutcome, OnHand, Order, Stocks};

/// The number of conflicts after which a batch is halved, because small transactions conflict less
/// often than a large one.
const MAX_CONFLICTS_BEFORE_HALVING: u32 = 3;

/// An order and the trace of its placement.
#[derive(Clone, Debug)]
pub(crate) struct PlacedOrder {
    pub(crate) order: Order,
    pub(crate) traceparent: Option<String>,
}

/// Decides batches of orders.
#[derive(Clone)]
pub(crate) struct Deciding<L, P, C> {
    pub(crate) ledger: L,
    pub(crate) publisher: P,
    pub(crate) clock: C,
    pub(crate) messages: Messages,
}

impl<L, P, C> Deciding<L, P, C>
where
    L: Ledger,
    P: Publisher<Stored = L::Stored>,
    C: Clock,
{
    /// Decides `batch`, which contains no order twice, in the order given. An earlier decision is
    /// not changed, but its message is sent again. When this returns without an error, every
    /// decision is durable and its message is published or in the outbox.
    pub(crate) async fn decide(&self, batch: &[PlacedOrder]) -> Result<(), StoreError> {
        // A message that is sent again has the stored time.
        let now = whole_milliseconds(self.clock.now());
        let mut queue = VecDeque::from([batch]);
        let mut conflicts = 0;
        while let Some(part) = queue.pop_front() {
            match self.decide_in_one_transaction(part, now).await {
                Ok(()) => conflicts = 0,
                Err(error) if part.len() > 1 && should_halve(&error, conflicts) => {
                    let (first, second) = part.split_at(part.len() / 2);
                    queue.push_front(second);
                    queue.push_front(first);
                    conflicts = 0;
                }
                Err(StoreError::Conflict(_)) => {
                    conflicts += 1;
                    metrics::counter!("decision_conflicts_total").increment(1);
                    self.clock.sleep(conflict_backoff(conflicts)).await;
                    queue.push_front(part);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn decide_in_one_transaction(
        &self,
        batch: &[PlacedOrder],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let orders: Vec<&Order> = batch.iter().map(|placed| &placed.order).collect();
        let loaded = self.ledger.load(&orders).await?;
        let resent = self.earlier_decisions(batch, &loaded);
        let undecided: Vec<Order> = orders
            .into_iter()
            .filter(|order| !loaded.decided.contains_key(&order.id))
            .cloned()
            .collect();
        if undecided.is_empty() {
            self.ledger.abort(loaded.transaction).await?;
        } else {
            let outcome = stock::decide(undecided, &stocks(&loaded.products));
            let effects = self.effects(batch, outcome, loaded.products, now);
            let stored = self.ledger.commit(loaded.transaction, effects).await?;
            self.publisher.publish(stored).await;
        }
        if !resent.is_empty() {
            self.publisher.publish_unrecorded(resent);
        }
        Ok(())
    }

    /// Returns the messages of the orders that were decided before.
    fn earlier_decisions<T>(&self, batch: &[PlacedOrder], loaded: &Loaded<T>) -> Vec<Message> {
        let resent = batch.iter().filter_map(|placed| {
            let earlier = loaded.decided.get(&placed.order.id)?;
            Some(self.messages.order_decided(
                placed.order.id,
                &earlier.outcome,
                earlier.decided_at,
                placed.traceparent.clone(),
            ))
        });
        resent.collect()
    }

    fn effects(
        &self,
        batch: &[PlacedOrder],
        outcome: BatchOutcome,
        products: BTreeMap<ProductId, ProductState>,
        decided_at: Timestamp,
    ) -> Effects {
        let changed = changed_products(&outcome, products);
        // The decisions are in the order of the batch, which may contain decided orders as well.
        let mut placed = batch.iter();
        let decisions = outcome.decisions.iter().map(|decision| {
            let id = decision.order.id;
            let traceparent = placed
                .find(|placed| placed.order.id == id)
                .and_then(|placed| placed.traceparent.clone());
            self.messages
                .order_decided(id, &decision.outcome, decided_at, traceparent)
        });
        let mut messages: Vec<Message> = decisions.collect();
        messages.extend(self.messages.all_products_changed(&changed, decided_at));
        Effects {
            decisions: outcome.decisions,
            changed,
            messages,
            decided_at,
        }
    }
}

fn should_halve(error: &StoreError, conflicts: u32) -> bool {
    match error {
        StoreError::Conflict(_) => conflicts >= MAX_CONFLICTS_BEFORE_HALVING,
        StoreError::TooLarge(_) => true,
        _ => false,
    }
}

/// The delay before the next attempt after this number of conflicts, at most a tenth of a second. The
/// conflict may be with the transaction of a killed process, which the server aborts after a timeout.
pub(crate) fn conflict_backoff(conflicts: u32) -> Duration {
    Duration::from_millis(u64::from(conflicts.min(20)) * 5)
}

fn stocks(products: &BTreeMap<ProductId, ProductState>) -> Stocks {
    let on_hand = |product: &ProductState| OnHand {
        version: product.version,
        quantity: product.quantity,
    };
    products
        .iter()
        .map(|(id, product)| (*id, on_hand(product)))
        .collect()
}

/// Returns the products with less stock, as they are after the batch.
fn changed_products(
    outcome: &BatchOutcome,
    mut products: BTreeMap<ProductId, ProductState>,
) -> Vec<ProductState> {
    let changed = outcome.changed.iter().filter_map(|(id, quantity)| {
        let mut product = products.remove(id)?;
        product.quantity = *quantity;
        product.version += 1;
        Some(product)
    });
    changed.collect()
}

#[cfg(test)]
mod tests;
