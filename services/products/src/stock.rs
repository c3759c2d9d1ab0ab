//! The decision about a batch of orders, given the stock.

use std::collections::BTreeMap;

use domain::{OrderId, ProductId, ProductName, Quantity, Stock};

/// An order to be decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    /// The id of the order.
    pub(crate) id: OrderId,
    pub(crate) lines: Vec<Line>,
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) product: ProductId,
    /// The name that the buyer ordered it by.
    pub(crate) name: ProductName,
    pub(crate) quantity: Quantity,
}

/// The stock of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OnHand {
    /// The version of the product.
    pub(crate) version: u64,
    /// The units in stock.
    pub(crate) quantity: Stock,
}

/// The stock of the products of a batch.
pub(crate) type Stocks = BTreeMap<ProductId, OnHand>;

/// The outcome of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The units were taken from the stock for the buyer.
    Accepted,
    /// No stock was taken, because of insufficient stock of these products.
    Rejected(Vec<ProductName>),
}

/// A decision and the stock that it is based on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) order: Order,
    pub(crate) outcome: Outcome,
    /// The stock of the order's products before the decision.
    pub(crate) seen: Vec<(ProductId, OnHand)>,
}

/// The outcome of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BatchOutcome {
    /// One decision per order, in the same order.
    pub(crate) decisions: Vec<Decision>,
    /// The new stock of the products with less stock than before.
    pub(crate) changed: BTreeMap<ProductId, Stock>,
}

/// Decides `orders` one after the other. Each gets all of its lines or nothing.
pub(crate) fn decide(orders: Vec<Order>, stocks: &Stocks) -> BatchOutcome {
    let mut left = stocks.clone();
    let mut batch = BatchOutcome::default();
    for order in orders {
        let seen = seen_by(&order, &left);
        let outcome = match take(&order, &left) {
            Ok(taken) => {
                for (product, quantity) in taken {
                    if let Some(on_hand) = left.get_mut(&product) {
                        on_hand.quantity = quantity;
                    }
                    batch.changed.insert(product, quantity);
                }
                Outcome::Accepted
            }
            Err(short) => Outcome::Rejected(short),
        };
        batch.decisions.push(Decision {
            order,
            outcome,
            seen,
        });
    }
    batch
}

/// Returns the stock of its products after `order`, or the products with insufficient stock.
fn take(order: &Order, left: &Stocks) -> Result<BTreeMap<ProductId, Stock>, Vec<ProductName>> {
    let mut taken = BTreeMap::new();
    let mut short = Vec::new();
    for line in &order.lines {
        let available = taken
            .get(&line.product)
            .copied()
            .or(left.get(&line.product).map(|on_hand| on_hand.quantity));
        match available.and_then(|stock| stock.take(line.quantity)) {
            Some(rest) => {
                taken.insert(line.product, rest);
            }
            None => short.push(line.name.clone()),
        }
    }
    if short.is_empty() {
        Ok(taken)
    } else {
        Err(short)
    }
}

fn seen_by(order: &Order, left: &Stocks) -> Vec<(ProductId, OnHand)> {
    order
        .lines
        .iter()
        .filter_map(|line| {
            left.get(&line.product)
                .map(|on_hand| (line.product, *on_hand))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn product(n: u8) -> ProductId {
        ProductId::from_bytes([n; 12])
    }

    fn order(n: u8, lines: &[(u8, i64)]) -> Order {
        let lines = lines
            .iter()
            .map(|(n, quantity)| Line {
                product: product(*n),
                name: ProductName::parse(&format!("product {n}")).unwrap(),
                quantity: Quantity::try_from(*quantity).unwrap(),
            })
            .collect();
        Order {
            id: OrderId::from_bytes([n; 12]),
            lines,
        }
    }

    fn stocks(of: &[i64]) -> Stocks {
        let on_hand = |quantity: i64| OnHand {
            version: 1,
            quantity: Stock::try_from(quantity).unwrap(),
        };
        (0..)
            .zip(of)
            .map(|(n, quantity)| (product(n), on_hand(*quantity)))
            .collect()
    }

    #[test]
    fn given_one_unit_when_two_orders_want_it_then_the_first_gets_it() {
        let batch = decide(
            vec![order(1, &[(0, 1)]), order(2, &[(0, 1)])],
            &stocks(&[1]),
        );
        assert_eq!(batch.decisions[0].outcome, Outcome::Accepted);
        let Outcome::Rejected(short) = &batch.decisions[1].outcome else {
            panic!("the second is rejected")
        };
        assert_eq!(short[0].as_str(), "product 0");
        assert_eq!(batch.decisions[1].seen[0].1.quantity.get(), 0);
        assert_eq!(batch.changed[&product(0)].get(), 0);
    }

    #[test]
    fn given_insufficient_stock_for_one_line_when_decided_then_no_stock_is_taken() {
        let batch = decide(vec![order(1, &[(0, 1), (1, 2)])], &stocks(&[5, 1]));
        assert!(matches!(batch.decisions[0].outcome, Outcome::Rejected(_)));
        assert!(batch.changed.is_empty());
    }

    #[test]
    fn given_an_unknown_product_when_decided_then_it_is_rejected() {
        let batch = decide(vec![order(1, &[(9, 1)])], &stocks(&[5]));
        assert!(matches!(batch.decisions[0].outcome, Outcome::Rejected(_)));
    }

    fn any_orders() -> impl Strategy<Value = Vec<Vec<(u8, i64)>>> {
        proptest::collection::vec(proptest::collection::vec((0..4_u8, 1..20_i64), 1..4), 0..40)
    }

    proptest! {
        #[test]
        fn given_any_batch_when_decided_then_no_unit_is_created_or_lost(
            wanted in any_orders(), stock in proptest::collection::vec(0..100_i64, 4)
        ) {
            let stocks = stocks(&stock);
            let orders: Vec<Order> = (0..).zip(&wanted).map(|(n, lines)| order(n, lines)).collect();
            let batch = decide(orders.clone(), &stocks);
            prop_assert_eq!(batch.decisions.len(), orders.len());
            for (id, on_hand) in &stocks {
                let sold: i64 = batch.decisions.iter().filter(|d| d.outcome == Outcome::Accepted)
                    .flat_map(|d| &d.order.lines).filter(|l| l.product == *id)
                    .map(|l| i64::from(l.quantity.get())).sum();
                let left = batch.changed.get(id).copied().unwrap_or(on_hand.quantity);
                prop_assert_eq!(i64::from(on_hand.quantity.get()) - sold, i64::from(left.get()));
            }
        }

        #[test]
        fn given_any_batch_when_decided_then_an_order_is_rejected_only_if_the_stock_was_insufficient(
            wanted in any_orders(), stock in proptest::collection::vec(0..100_i64, 4)
        ) {
            let orders: Vec<Order> = (0..).zip(&wanted).map(|(n, lines)| order(n, lines)).collect();
            for decision in decide(orders, &stocks(&stock)).decisions {
                let seen: BTreeMap<_, _> = decision.seen.iter().copied().collect();
                let mut asked = BTreeMap::<ProductId, i64>::new();
                for line in &decision.order.lines {
                    *asked.entry(line.product).or_default() += i64::from(line.quantity.get());
                }
                let enough = asked.iter().all(|(id, n)| seen.get(id).is_some_and(|s| i64::from(s.quantity.get()) >= *n));
                prop_assert_eq!(enough, decision.outcome == Outcome::Accepted);
            }
        }

        #[test]
        fn given_a_batch_when_split_anywhere_then_the_decisions_are_the_same(
            wanted in any_orders(), stock in proptest::collection::vec(0..100_i64, 4), cut in 0..40_usize
        ) {
            let stocks = stocks(&stock);
            let mut orders: Vec<Order> = (0..).zip(&wanted).map(|(n, lines)| order(n, lines)).collect();
            let whole = decide(orders.clone(), &stocks);
            let rest = orders.split_off(cut.min(orders.len()));
            let first = decide(orders, &stocks);
            let mut between = stocks.clone();
            for (id, quantity) in &first.changed { between.get_mut(id).unwrap().quantity = *quantity; }
            let second = decide(rest, &between);
            let both: Vec<Decision> = first.decisions.into_iter().chain(second.decisions).collect();
            prop_assert_eq!(whole.decisions, both);
        }
    }
}
