//! The decision about a batch of orders, given the stock.

use std::collections::{BTreeMap, BTreeSet};

use domain::{OrderId, ProductId, ProductName, Quantity, Stock};
use events::{MAX_PRODUCTS_NAMED, OrderStatus, ProductState, Reason, ReasonCode};
use jiff::Timestamp;

/// An order to be decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) id: OrderId,
    pub(crate) lines: Vec<Line>,
    /// When it was placed, according to orders, in whole milliseconds; the same in every copy of its
    /// message.
    pub(crate) placed_at: Option<Timestamp>,
    /// The trace of its placement.
    pub(crate) traceparent: Option<String>,
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) product: ProductId,
    /// The name that the buyer ordered it by.
    pub(crate) name: ProductName,
    pub(crate) quantity: Quantity,
}

/// The products of a batch as they are before it.
pub(crate) type Products = BTreeMap<ProductId, ProductState>;

/// The stock of a product before a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StockSeen {
    pub(crate) product: ProductId,
    pub(crate) version: u64,
    pub(crate) available: Stock,
}

/// The outcome of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The units were taken from the stock for the buyer.
    Accepted,
    /// No stock was taken, because of insufficient stock.
    Rejected(Shortage),
}

impl Outcome {
    /// Returns the status and the reason that are stored and published.
    pub(crate) fn published(&self) -> (OrderStatus, Option<Reason>) {
        match self {
            Self::Accepted => (OrderStatus::Accepted, None),
            Self::Rejected(short) => {
                let reason = Reason {
                    code: ReasonCode::InsufficientStock,
                    products: short.products.clone(),
                    more: short.more,
                };
                (OrderStatus::Rejected, Some(reason))
            }
        }
    }
}

/// The products of an order with insufficient stock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shortage {
    /// The first of them, at most [`MAX_PRODUCTS_NAMED`].
    pub(crate) products: Vec<ProductName>,
    /// How many more there are.
    pub(crate) more: u32,
}

impl Shortage {
    fn add(&mut self, product: &ProductName) {
        if self.products.len() < MAX_PRODUCTS_NAMED {
            self.products.push(product.clone());
        } else {
            self.more += 1;
        }
    }
}

/// A decision and the stock that it is based on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) order: Order,
    pub(crate) outcome: Outcome,
    pub(crate) seen: Vec<StockSeen>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BatchOutcome {
    /// One decision per order, in the same order.
    pub(crate) decisions: Vec<Decision>,
    /// The products with less stock than before, in their next version.
    pub(crate) changed: Vec<ProductState>,
}

/// Decides `orders` one after the other. Each gets all of its lines or nothing.
pub(crate) fn decide(orders: Vec<Order>, mut products: Products) -> BatchOutcome {
    let mut decisions = Vec::with_capacity(orders.len());
    let mut changed = BTreeSet::new();
    for order in orders {
        let seen = seen_by(&order, &products);
        let outcome = match take(&order, &products) {
            Ok(taken) => {
                for (id, left) in taken {
                    if let Some(product) = products.get_mut(&id) {
                        product.quantity = left;
                    }
                    changed.insert(id);
                }
                Outcome::Accepted
            }
            Err(short) => Outcome::Rejected(short),
        };
        decisions.push(Decision {
            order,
            outcome,
            seen,
        });
    }
    products.retain(|id, _| changed.contains(id));
    for product in products.values_mut() {
        product.version += 1;
    }
    BatchOutcome {
        decisions,
        changed: products.into_values().collect(),
    }
}

/// Returns the stock of its products after `order`, or the products with insufficient stock.
fn take(order: &Order, products: &Products) -> Result<BTreeMap<ProductId, Stock>, Shortage> {
    let mut taken = BTreeMap::new();
    let mut short = Shortage::default();
    for line in &order.lines {
        let in_stock = products.get(&line.product).map(|product| product.quantity);
        let available = taken.get(&line.product).copied().or(in_stock);
        match available.and_then(|stock| stock.take(line.quantity)) {
            Some(rest) => {
                taken.insert(line.product, rest);
            }
            None => short.add(&line.name),
        }
    }
    if short.products.is_empty() {
        Ok(taken)
    } else {
        Err(short)
    }
}

fn seen_by(order: &Order, products: &Products) -> Vec<StockSeen> {
    let products = order
        .lines
        .iter()
        .filter_map(|line| products.get(&line.product));
    let seen = products.map(|product| StockSeen {
        product: product.id,
        version: product.version,
        available: product.quantity,
    });
    seen.collect()
}

#[cfg(test)]
mod tests {
    use domain::Money;
    use proptest::prelude::*;

    use super::*;

    fn product(n: u8) -> ProductId {
        ProductId::from_bytes([n; 12])
    }

    fn name(n: u8) -> ProductName {
        ProductName::parse(&format!("product {n}")).unwrap()
    }

    fn order(n: u8, lines: &[(u8, i64)]) -> Order {
        let line = |(n, quantity): &(u8, i64)| Line {
            product: product(*n),
            name: name(*n),
            quantity: Quantity::try_from(*quantity).unwrap(),
        };
        Order {
            id: OrderId::from_bytes([n; 12]),
            lines: lines.iter().map(line).collect(),
            placed_at: None,
            traceparent: None,
        }
    }

    fn products(stock: &[i64]) -> Products {
        let state = |(n, stock): (u8, &i64)| ProductState {
            id: product(n),
            name: name(n),
            price: Money::ZERO,
            quantity: Stock::try_from(*stock).unwrap(),
            version: 1,
        };
        let states = (0..).zip(stock).map(state);
        states.map(|state| (state.id, state)).collect()
    }

    #[test]
    fn given_one_unit_when_two_orders_want_it_then_the_first_gets_it() {
        let orders = vec![order(1, &[(0, 1)]), order(2, &[(0, 1)])];
        let batch = decide(orders, products(&[1]));
        assert_eq!(batch.decisions[0].outcome, Outcome::Accepted);
        let Outcome::Rejected(short) = &batch.decisions[1].outcome else {
            panic!("the second is rejected")
        };
        assert_eq!(short.products[0].as_str(), "product 0");
        assert_eq!(batch.decisions[1].seen[0].available.get(), 0);
        assert_eq!(batch.changed[0].quantity.get(), 0);
    }

    #[test]
    fn given_insufficient_stock_for_one_line_when_decided_then_no_stock_is_taken() {
        let batch = decide(vec![order(1, &[(0, 1), (1, 2)])], products(&[5, 1]));
        assert!(matches!(batch.decisions[0].outcome, Outcome::Rejected(_)));
        assert!(batch.changed.is_empty());
    }

    #[test]
    fn given_a_hundred_products_sold_out_when_decided_then_twenty_are_named_and_the_others_counted()
    {
        let lines: Vec<(u8, i64)> = (0..100).map(|product| (product, 1)).collect();
        let batch = decide(vec![order(1, &lines)], products(&[0; 100]));
        let Outcome::Rejected(short) = &batch.decisions[0].outcome else {
            panic!("it is rejected")
        };
        let named: Vec<&str> = short.products.iter().map(ProductName::as_str).collect();
        let first: Vec<String> = (0..20).map(|n| format!("product {n}")).collect();
        assert_eq!(
            (named, short.more),
            (first.iter().map(String::as_str).collect(), 80)
        );
    }

    #[test]
    fn given_an_unknown_product_when_decided_then_it_is_rejected() {
        let batch = decide(vec![order(1, &[(9, 1)])], products(&[5]));
        assert!(matches!(batch.decisions[0].outcome, Outcome::Rejected(_)));
    }

    fn any_orders() -> impl Strategy<Value = Vec<Order>> {
        let lines = prop::collection::vec((0..4_u8, 1..20_i64), 1..4);
        let orders = prop::collection::vec(lines, 0..40);
        orders.prop_map(|orders| {
            (0..)
                .zip(&orders)
                .map(|(n, lines)| order(n, lines))
                .collect()
        })
    }

    fn any_products() -> impl Strategy<Value = Products> {
        prop::collection::vec(0..100_i64, 4).prop_map(|stock| products(&stock))
    }

    proptest! {
        #[test]
        fn given_any_batch_when_decided_then_no_unit_is_created_or_lost(
            orders in any_orders(), products in any_products()
        ) {
            let batch = decide(orders.clone(), products.clone());
            prop_assert_eq!(batch.decisions.len(), orders.len());
            for (id, before) in &products {
                let sold: i64 = batch.decisions.iter().filter(|d| d.outcome == Outcome::Accepted)
                    .flat_map(|d| &d.order.lines).filter(|l| l.product == *id)
                    .map(|l| i64::from(l.quantity.get())).sum();
                let after = batch.changed.iter().find(|product| product.id == *id).unwrap_or(before);
                prop_assert_eq!(i64::from(before.quantity.get()) - sold, i64::from(after.quantity.get()));
            }
        }

        #[test]
        fn given_any_batch_when_decided_then_an_order_is_rejected_only_if_the_stock_was_insufficient(
            orders in any_orders(), products in any_products()
        ) {
            for decision in decide(orders, products).decisions {
                let seen: BTreeMap<_, _> = decision.seen.iter().map(|seen| (seen.product, seen.available)).collect();
                let mut asked = BTreeMap::<ProductId, i64>::new();
                for line in &decision.order.lines {
                    *asked.entry(line.product).or_default() += i64::from(line.quantity.get());
                }
                let enough = asked.iter().all(|(id, n)| seen.get(id).is_some_and(|stock| i64::from(stock.get()) >= *n));
                prop_assert_eq!(enough, decision.outcome == Outcome::Accepted);
            }
        }

        #[test]
        fn given_a_batch_when_split_anywhere_then_the_decisions_are_the_same(
            mut orders in any_orders(), mut products in any_products(), cut in 0..40_usize
        ) {
            let whole = decide(orders.clone(), products.clone());
            let rest = orders.split_off(cut.min(orders.len()));
            let first = decide(orders, products.clone());
            for changed in &first.changed { products.get_mut(&changed.id).unwrap().quantity = changed.quantity; }
            let second = decide(rest, products);
            let both: Vec<Decision> = first.decisions.into_iter().chain(second.decisions).collect();
            prop_assert_eq!(whole.decisions, both);
        }
    }
}
