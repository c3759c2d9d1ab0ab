//! The first check of an order, against the copy of the products, and what the order costs.
//!
//! It spares buyers orders that are certain to be rejected; whether there really are enough
//! pieces only products decides.

use domain::{Money, ProductId, ProductName, Stock};
use events::OrderLine;

use crate::lines::Lines;

/// A product as the copy knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownProduct {
    /// Its id.
    pub id: ProductId,
    /// What one piece costs.
    pub price: Money,
    /// How many pieces there were when last heard of.
    pub stock: Stock,
}

/// An order that may be placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priced {
    /// Its lines, at today's prices.
    pub lines: Vec<OrderLine>,
    /// What they cost together.
    pub cost: Money,
}

/// Why an order may not be placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such product.
    #[error("there is no such product")]
    UnknownProduct,
    /// There are fewer pieces than a line asks for.
    #[error("The requested amount does not exist.")]
    InsufficientStock,
    /// It would cost more than [`Money::MAX`].
    #[error("Bad request format")]
    TooExpensive,
}

/// Checks `lines` against what `find` knows, and prices them.
pub fn check<'a>(
    lines: &Lines,
    find: impl Fn(&ProductName) -> Option<&'a KnownProduct>,
) -> Result<Priced, Refusal> {
    let known = lines
        .as_slice()
        .iter()
        .map(|line| {
            find(&line.name)
                .map(|product| (line, product))
                .ok_or(Refusal::UnknownProduct)
        })
        .collect::<Result<Vec<_>, _>>()?;
    if known
        .iter()
        .any(|(line, product)| !product.stock.covers(line.quantity))
    {
        return Err(Refusal::InsufficientStock);
    }
    let cost = known.iter().try_fold(Money::ZERO, |sum, (line, product)| {
        product
            .price
            .times(line.quantity)
            .and_then(|cost| sum.plus(cost))
            .ok_or(Refusal::TooExpensive)
    })?;
    let lines = known
        .into_iter()
        .map(|(line, product)| OrderLine {
            id: product.id,
            name: line.name.clone(),
            price: product.price,
            quantity: line.quantity,
        })
        .collect();
    Ok(Priced { lines, cost })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn copy(products: &[(&str, i64, i64)]) -> HashMap<ProductName, KnownProduct> {
        products
            .iter()
            .zip(1..)
            .map(|((name, price, stock), number)| {
                let product = KnownProduct {
                    id: ProductId::from_bytes([number; 12]),
                    price: Money::from_minor(*price).expect("an amount"),
                    stock: Stock::try_from(*stock).expect("a stock"),
                };
                (ProductName::parse(name).expect("a name"), product)
            })
            .collect()
    }

    #[test]
    fn given_orders_when_checked_then_each_gets_its_answer() {
        let copy = copy(&[
            ("cutlery", 599, 200),
            ("chair", 2999, 30),
            ("palace", 9_999_999_999, 2_147_483_647),
        ]);
        let check = |wanted: &[(&str, i64)], expected: Result<i64, Refusal>| {
            let lines = Lines::merge(wanted.to_vec()).expect("good lines");
            let cost =
                super::check(&lines, |name| copy.get(name)).map(|priced| priced.cost.minor());
            assert_eq!(cost, expected, "{wanted:?}");
        };
        check(&[("cutlery", 4), ("chair", 2)], Ok(8394));
        check(&[("chair", 30)], Ok(89970));
        check(&[("chair", 31)], Err(Refusal::InsufficientStock));
        check(&[("Sofa", 1)], Err(Refusal::UnknownProduct));
        check(&[("chair", 31), ("sofa", 1)], Err(Refusal::UnknownProduct));
        check(&[("palace", 900_719)], Ok(9_007_189_999_099_281));
        check(&[("palace", 900_720)], Err(Refusal::TooExpensive));
        check(&[("palace", 2_147_483_647)], Err(Refusal::TooExpensive));
    }

    proptest! {
        #[test]
        fn given_any_order_when_priced_then_the_cost_is_the_sum_of_its_lines(
            wanted in prop::collection::vec((1..=9_999_999_999_i64, 1..=2_147_483_647_i64), 1..20),
        ) {
            let names: Vec<String> = (0..wanted.len()).map(|number| format!("product {number}")).collect();
            let products: Vec<(&str, i64, i64)> =
                names.iter().zip(&wanted).map(|(name, (price, _))| (name.as_str(), *price, 2_147_483_647)).collect();
            let copy = copy(&products);
            let lines = Lines::merge(names.iter().zip(&wanted).map(|(name, (_, quantity))| (name.as_str(), *quantity))).unwrap();
            let exact: i128 = wanted.iter().map(|(price, quantity)| i128::from(*price) * i128::from(*quantity)).sum();
            match check(&lines, |name| copy.get(name)) {
                Ok(priced) => {
                    prop_assert_eq!(i128::from(priced.cost.minor()), exact);
                    prop_assert_eq!(priced.lines.len(), lines.as_slice().len());
                }
                Err(refusal) => {
                    prop_assert_eq!(refusal, Refusal::TooExpensive);
                    prop_assert!(exact > i128::from(Money::MAX.minor()));
                }
            }
        }
    }
}
