//! Consumed events: states of products and decisions about orders.

use std::collections::{HashMap, HashSet};

use domain::{OrderId, ProductId};
use events::{Event, MAX_PRODUCTS_NAMED, OrderStatus};
use jiff::Timestamp;
use messaging::consumer::{Answer, Handler, IncomingEvent};

use crate::order::{Decision, Outcome, Rejection};
use crate::ports::{Clock, Projection, StoreError};
use crate::product::ProductState;

/// Applies the events of products.
pub(crate) struct ProductEventHandler<R, C> {
    pub(crate) projection: R,
    pub(crate) clock: C,
}

impl<R: Projection, C: Clock> Handler for ProductEventHandler<R, C> {
    async fn handle(&self, batch: &[IncomingEvent]) -> Answer {
        answer(self.apply(batch).await)
    }
}

impl<R: Projection, C: Clock> ProductEventHandler<R, C> {
    async fn apply(&self, batch: &[IncomingEvent]) -> Result<(), StoreError> {
        let products = newest_states(batch);
        if !products.is_empty() {
            self.projection.apply_products(&products).await?;
        }
        let decisions = first_decisions(batch, self.clock.now());
        if !decisions.is_empty() {
            self.projection.apply_decisions(decisions).await?;
        }
        Ok(())
    }
}

fn answer(result: Result<(), StoreError>) -> Answer {
    match result {
        Ok(()) => Answer::Done,
        Err(error) if error.is_permanent() => Answer::Never(error.into()),
        Err(error) => Answer::Later(error.into()),
    }
}

/// Repairs the product copy with the states that products publishes again and again. It has its own
/// consumer, so that a decision never waits for it.
pub(crate) struct ProductStateHandler<R> {
    pub(crate) projection: R,
}

impl<R: Projection> Handler for ProductStateHandler<R> {
    async fn handle(&self, batch: &[IncomingEvent]) -> Answer {
        answer(self.repair(batch).await)
    }
}

impl<R: Projection> ProductStateHandler<R> {
    async fn repair(&self, batch: &[IncomingEvent]) -> Result<(), StoreError> {
        let published = newest_states(batch);
        let newer = self.projection.newer_than_copies(published).await?;
        if !newer.is_empty() {
            metrics::counter!("product_copies_repaired_total").increment(newer.len() as u64);
            self.projection.apply_products(&newer).await?;
        }
        Ok(())
    }
}

/// Returns the newest state of each product in the batch.
fn newest_states(batch: &[IncomingEvent]) -> Vec<ProductState> {
    let mut newest: HashMap<ProductId, &events::ProductState> = HashMap::new();
    for state in batch.iter().flat_map(|incoming| states(&incoming.event)) {
        let known = newest.entry(state.id).or_insert(state);
        if known.version < state.version {
            *known = state;
        }
    }
    newest.into_values().map(ProductState::from).collect()
}

fn states(event: &Event) -> &[events::ProductState] {
    match event {
        Event::ProductCreate { product } | Event::ProductState { product } => {
            std::slice::from_ref(product)
        }
        Event::ProductsQuantityUpdate { products } => products,
        Event::OrderCreate { .. } | Event::OrderStatusUpdate { .. } => &[],
    }
}

/// Returns the first decision about each order in the batch. A decision without a time gets `now`.
fn first_decisions(batch: &[IncomingEvent], now: Timestamp) -> Vec<Decision> {
    let mut seen: HashSet<OrderId> = HashSet::new();
    let mut decisions = Vec::new();
    for incoming in batch {
        let Event::OrderStatusUpdate {
            order_id,
            status,
            reason,
        } = &incoming.event
        else {
            continue;
        };
        if seen.insert(*order_id) {
            let reason = reason.as_ref().map(Rejection::from);
            let outcome = match status {
                OrderStatus::Accepted => Outcome::Accepted,
                OrderStatus::Rejected => Outcome::Rejected(reason),
                OrderStatus::Unknown(status) => Outcome::Other {
                    status: status.to_string(),
                    reason,
                },
            };
            decisions.push(Decision {
                id: *order_id,
                outcome,
                at: incoming.time.unwrap_or(now),
            });
        }
    }
    decisions
}

impl From<&events::ProductState> for ProductState {
    fn from(state: &events::ProductState) -> Self {
        Self {
            id: state.id,
            name: state.name.clone(),
            price: state.price,
            stock: state.quantity,
            version: state.version,
        }
    }
}

impl From<&events::Reason> for Rejection {
    fn from(reason: &events::Reason) -> Self {
        // An earlier release of products names all.
        let named = &reason.products[..reason.products.len().min(MAX_PRODUCTS_NAMED)];
        let unnamed = reason.products.len() - named.len();
        let unnamed = u32::try_from(unnamed).unwrap_or(u32::MAX);
        Self {
            code: reason.code.clone(),
            products: named.to_vec(),
            more: reason.more.saturating_add(unnamed),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{Money, ProductName, Stock};
    use events::{ProductState, ReasonCode};

    use super::*;

    fn incoming(event: Event) -> IncomingEvent {
        IncomingEvent {
            event,
            time: None,
            traceparent: None,
        }
    }

    fn state(id: u8, version: u64) -> ProductState {
        ProductState {
            id: ProductId::from_bytes([id; 12]),
            name: ProductName::parse("chair").expect("a name"),
            price: Money::ZERO,
            quantity: Stock::try_from(1).expect("a stock"),
            version,
        }
    }

    #[test]
    fn given_products_out_of_order_when_a_batch_is_read_then_the_newest_state_of_each_is_applied() {
        let batch = [
            incoming(Event::ProductsQuantityUpdate {
                products: vec![state(1, 3), state(2, 5)],
            }),
            incoming(Event::ProductCreate {
                product: state(1, 1),
            }),
            incoming(Event::ProductsQuantityUpdate {
                products: vec![state(2, 4), state(1, 7)],
            }),
        ];
        let mut versions: Vec<(ProductId, u64)> = newest_states(&batch)
            .into_iter()
            .map(|state| (state.id, state.version))
            .collect();
        versions.sort_unstable();
        assert_eq!(
            versions,
            [
                (ProductId::from_bytes([1; 12]), 7),
                (ProductId::from_bytes([2; 12]), 5)
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn given_any_batch_of_states_when_read_then_only_the_greatest_version_of_each_product_counts(
            sent in proptest::collection::vec((0..4_u8, 1..9_u64), 0..40)
        ) {
            let batch: Vec<IncomingEvent> = sent
                .iter()
                .map(|(id, version)| incoming(Event::ProductCreate { product: state(*id, *version) }))
                .collect();
            let applied: HashMap<ProductId, u64> =
                newest_states(&batch).into_iter().map(|state| (state.id, state.version)).collect();
            let mut greatest = HashMap::new();
            for (id, version) in sent {
                let known = greatest.entry(ProductId::from_bytes([id; 12])).or_insert(version);
                *known = version.max(*known);
            }
            proptest::prop_assert_eq!(applied, greatest);
        }
    }

    #[test]
    fn given_a_reason_with_a_hundred_products_when_read_then_twenty_are_kept_and_the_others_counted()
     {
        let chair = ProductName::parse("chair").expect("a name");
        let reason = |products: usize, more| events::Reason {
            code: ReasonCode::InsufficientStock,
            products: vec![chair.clone(); products],
            more,
        };
        let check = |products, more, expected: (usize, u32)| {
            let rejection = Rejection::from(&reason(products, more));
            assert_eq!((rejection.products.len(), rejection.more), expected);
        };
        check(1, 0, (1, 0));
        check(20, 80, (20, 80));
        check(100, 0, (20, 80));
    }

    #[test]
    fn given_an_order_decided_twice_when_a_batch_is_read_then_the_first_decision_counts() {
        let decided = |status| {
            incoming(Event::OrderStatusUpdate {
                order_id: OrderId::from_bytes([9; 12]),
                status,
                reason: None,
            })
        };
        let batch = [
            decided(OrderStatus::Accepted),
            decided(OrderStatus::Rejected),
        ];
        let decisions = first_decisions(&batch, Timestamp::UNIX_EPOCH);
        assert_eq!(decisions.len(), 1);
        assert_eq!(
            (&decisions[0].outcome, decisions[0].at),
            (&Outcome::Accepted, Timestamp::UNIX_EPOCH)
        );
    }
}
