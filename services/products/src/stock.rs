//! The decision: given a batch of orders and what is on hand, who gets what.

use std::collections::BTreeMap;

use domain::{OrderId, ProductId, ProductName, Quantity, Stock};

/// An order that waits for its decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// What it asks for.
    pub lines: Vec<Line>,
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which product.
    pub product: ProductId,
    /// What the buyer knows it as.
    pub name: ProductName,
    /// How many pieces.
    pub quantity: Quantity,
}

/// What is on hand of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnHand {
    /// The version of the product that this was read from.
    pub version: u64,
    /// How many pieces.
    pub quantity: Stock,
}

/// What is on hand of the products that a batch concerns.
pub type Stocks = BTreeMap<ProductId, OnHand>;

/// How an order ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The pieces are the buyer's.
    Accepted,
    /// Nothing was taken, for want of these.
    Rejected(Vec<ProductName>),
}

/// A decision, and what it was made on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The order.
    pub order: Order,
    /// How it ended.
    pub outcome: Outcome,
    /// What was on hand of its products at that moment.
    pub seen: Vec<(ProductId, OnHand)>,
}

/// What a batch comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ruling {
    /// One decision for each order, in the order in which they came.
    pub decisions: Vec<Decision>,
    /// The new stock of the products that something was taken of.
    pub changed: BTreeMap<ProductId, Stock>,
}

/// Decides `orders` one after the other: each gets all it asks for or nothing.
pub fn decide(orders: Vec<Order>, stocks: &Stocks) -> Ruling {
    let mut left = stocks.clone();
    let mut ruling = Ruling::default();
    for order in orders {
        let seen = seen_by(&order, &left);
        let outcome = match take(&order, &left) {
            Ok(taken) => {
                for (product, quantity) in taken {
                    if let Some(on_hand) = left.get_mut(&product) {
                        on_hand.quantity = quantity;
                    }
                    ruling.changed.insert(product, quantity);
                }
                Outcome::Accepted
            }
            Err(short) => Outcome::Rejected(short),
        };
        ruling.decisions.push(Decision {
            order,
            outcome,
            seen,
        });
    }
    ruling
}

/// The stock of its products after an order took its pieces, or what there is too little of.
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
    fn given_the_last_piece_when_two_want_it_then_the_first_gets_it() {
        let ruling = decide(
            vec![order(1, &[(0, 1)]), order(2, &[(0, 1)])],
            &stocks(&[1]),
        );
        assert_eq!(ruling.decisions[0].outcome, Outcome::Accepted);
        let Outcome::Rejected(short) = &ruling.decisions[1].outcome else {
            panic!("the second is rejected")
        };
        assert_eq!(short[0].as_str(), "product 0");
        assert_eq!(ruling.decisions[1].seen[0].1.quantity.get(), 0);
        assert_eq!(ruling.changed[&product(0)].get(), 0);
    }

    #[test]
    fn given_one_line_too_many_when_decided_then_nothing_is_taken() {
        let ruling = decide(vec![order(1, &[(0, 1), (1, 2)])], &stocks(&[5, 1]));
        assert!(matches!(ruling.decisions[0].outcome, Outcome::Rejected(_)));
        assert!(ruling.changed.is_empty());
    }

    #[test]
    fn given_an_unknown_product_when_decided_then_it_is_rejected() {
        let ruling = decide(vec![order(1, &[(9, 1)])], &stocks(&[5]));
        assert!(matches!(ruling.decisions[0].outcome, Outcome::Rejected(_)));
    }

    fn any_orders() -> impl Strategy<Value = Vec<Vec<(u8, i64)>>> {
        proptest::collection::vec(proptest::collection::vec((0..4_u8, 1..20_i64), 1..4), 0..40)
    }

    proptest! {
        #[test]
        fn given_any_batch_when_decided_then_no_piece_is_made_or_lost(
            wanted in any_orders(), stock in proptest::collection::vec(0..100_i64, 4)
        ) {
            let stocks = stocks(&stock);
            let orders: Vec<Order> = (0..).zip(&wanted).map(|(n, lines)| order(n, lines)).collect();
            let ruling = decide(orders.clone(), &stocks);
            prop_assert_eq!(ruling.decisions.len(), orders.len());
            for (id, on_hand) in &stocks {
                let sold: i64 = ruling.decisions.iter().filter(|d| d.outcome == Outcome::Accepted)
                    .flat_map(|d| &d.order.lines).filter(|l| l.product == *id)
                    .map(|l| i64::from(l.quantity.get())).sum();
                let left = ruling.changed.get(id).copied().unwrap_or(on_hand.quantity);
                prop_assert_eq!(i64::from(on_hand.quantity.get()) - sold, i64::from(left.get()));
            }
        }

        #[test]
        fn given_any_batch_when_decided_then_each_rejection_had_too_little_at_its_moment(
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
        fn given_a_batch_when_cut_anywhere_then_the_decisions_are_the_same(
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
