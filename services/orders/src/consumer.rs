//! Events in: what products says of its products, and how it decided.

use std::collections::{HashMap, HashSet};

use domain::{OrderId, ProductId};
use events::{Event, ProductState};
use jiff::Timestamp;
use messaging::consumer::{Handler, IncomingEvent};
use runtime::lifecycle::Failure;

use crate::order::Decision;
use crate::store::Store;

/// Applies events to the orders and to the copy of the products.
#[derive(Clone)]
pub struct Listener {
    store: Store,
}

impl Listener {
    /// Applies events to `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

impl Handler for Listener {
    async fn handle(&self, batch: &[IncomingEvent]) -> Result<(), Failure> {
        let products = newest(batch);
        if !products.is_empty() {
            self.store.take_over(&products).await?;
        }
        let decisions = decisions(batch, Timestamp::now());
        if !decisions.is_empty() {
            self.store.decide(decisions).await?;
        }
        Ok(())
    }
}

/// Of each product in the batch its newest state.
fn newest(batch: &[IncomingEvent]) -> Vec<&ProductState> {
    let mut newest: HashMap<ProductId, &ProductState> = HashMap::new();
    for state in batch.iter().flat_map(|incoming| states(&incoming.event)) {
        let known = newest.entry(state.id).or_insert(state);
        if known.version < state.version {
            *known = state;
        }
    }
    newest.into_values().collect()
}

fn states(event: &Event) -> &[ProductState] {
    match event {
        Event::ProductCreate { product } => std::slice::from_ref(product),
        Event::ProductsQuantityUpdate { products } => products,
        Event::OrderCreate { .. } | Event::OrderStatusUpdate { .. } => &[],
    }
}

/// Of each order in the batch its first decision; `now` where the sender does not say when.
fn decisions(batch: &[IncomingEvent], now: Timestamp) -> Vec<Decision> {
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
            let at = incoming.time.unwrap_or(now);
            decisions.push(Decision {
                id: *order_id,
                status: *status,
                reason: reason.clone(),
                at,
            });
        }
    }
    decisions
}

#[cfg(test)]
mod tests {
    use domain::{Money, ProductName, Stock};
    use events::OrderStatus;

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
    fn given_products_out_of_order_when_a_batch_is_read_then_the_newest_of_each_is_taken() {
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
        let mut versions: Vec<(ProductId, u64)> = newest(&batch)
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
        fn given_any_batch_of_states_when_read_then_of_each_product_only_the_greatest_version_counts(
            told in proptest::collection::vec((0..4_u8, 1..9_u64), 0..40)
        ) {
            let batch: Vec<IncomingEvent> = told
                .iter()
                .map(|(id, version)| incoming(Event::ProductCreate { product: state(*id, *version) }))
                .collect();
            let read: HashMap<ProductId, u64> =
                newest(&batch).into_iter().map(|state| (state.id, state.version)).collect();
            let mut greatest = HashMap::new();
            for (id, version) in told {
                let known = greatest.entry(ProductId::from_bytes([id; 12])).or_insert(version);
                *known = version.max(*known);
            }
            proptest::prop_assert_eq!(read, greatest);
        }
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
        let decisions = decisions(&batch, Timestamp::UNIX_EPOCH);
        assert_eq!(decisions.len(), 1);
        assert_eq!(
            (decisions[0].status, decisions[0].at),
            (OrderStatus::Accepted, Timestamp::UNIX_EPOCH)
        );
    }
}
