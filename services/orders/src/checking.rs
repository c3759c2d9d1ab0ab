//! The check of an order request against the product copy, and its cost.
//!
//! It refuses orders that would certainly be rejected. Only products decides about the stock.

use domain::{Money, ProductName};

use crate::lines::Lines;
use crate::order::Line;
use crate::product::ProductCopy;

/// The lines of an order at the prices of the product copy, and their cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PricedLines {
    pub(crate) lines: Vec<Line>,
    pub(crate) cost: Money,
}

/// Why an order is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CheckError {
    /// The product copy has no product of this name.
    #[error("a product does not exist")]
    UnknownProduct,
    /// The stock of a product is smaller than a line's quantity.
    #[error("the stock is insufficient")]
    InsufficientStock,
    /// The cost exceeds [`Money::MAX`].
    #[error("the cost is too high")]
    TooExpensive,
}

/// Checks and prices `lines`; `find` looks a product up in the product copy.
pub(crate) fn check<'a>(
    lines: &Lines,
    find: impl Fn(&ProductName) -> Option<&'a ProductCopy>,
) -> Result<PricedLines, CheckError> {
    let products = lines
        .as_slice()
        .iter()
        .map(|line| {
            find(&line.name)
                .map(|product| (line, product))
                .ok_or(CheckError::UnknownProduct)
        })
        .collect::<Result<Vec<_>, _>>()?;
    if products
        .iter()
        .any(|(line, product)| !product.stock.covers(line.quantity))
    {
        return Err(CheckError::InsufficientStock);
    }
    let cost = products
        .iter()
        .try_fold(Money::ZERO, |sum, (line, product)| {
            product
                .price
                .times(line.quantity)
                .and_then(|cost| sum.plus(cost))
                .ok_or(CheckError::TooExpensive)
        })?;
    let lines = products
        .into_iter()
        .map(|(line, product)| Line {
            product: product.id,
            name: line.name.clone(),
            price: product.price,
            quantity: line.quantity,
        })
        .collect();
    Ok(PricedLines { lines, cost })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use domain::{ProductId, Stock};
    use proptest::prelude::*;

    use super::*;

    fn copy(products: &[(&str, i64, i64)]) -> HashMap<ProductName, ProductCopy> {
        products
            .iter()
            .zip(1..)
            .map(|((name, price, stock), number)| {
                let product = ProductCopy {
                    id: ProductId::from_bytes([number; 12]),
                    price: Money::from_minor(*price).expect("an amount"),
                    stock: Stock::try_from(*stock).expect("a stock"),
                };
                (ProductName::parse(name).expect("a name"), product)
            })
            .collect()
    }

    #[test]
    fn given_order_requests_when_checked_then_each_is_priced_or_refused() {
        let copy = copy(&[
            ("cutlery", 599, 200),
            ("chair", 2999, 30),
            ("palace", 9_999_999_999, 2_147_483_647),
        ]);
        let check = |wanted: &[(&str, i64)], expected: Result<i64, CheckError>| {
            let lines = Lines::merge(wanted.to_vec()).expect("valid lines");
            let cost =
                super::check(&lines, |name| copy.get(name)).map(|priced| priced.cost.minor());
            assert_eq!(cost, expected, "{wanted:?}");
        };
        check(&[("cutlery", 4), ("chair", 2)], Ok(8394));
        check(&[("chair", 30)], Ok(89970));
        check(&[("chair", 31)], Err(CheckError::InsufficientStock));
        check(&[("Sofa", 1)], Err(CheckError::UnknownProduct));
        check(
            &[("chair", 31), ("sofa", 1)],
            Err(CheckError::UnknownProduct),
        );
        check(&[("palace", 900_719)], Ok(9_007_189_999_099_281));
        check(&[("palace", 900_720)], Err(CheckError::TooExpensive));
        check(&[("palace", 2_147_483_647)], Err(CheckError::TooExpensive));
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
                    prop_assert_eq!(refusal, CheckError::TooExpensive);
                    prop_assert!(exact > i128::from(Money::MAX.minor()));
                }
            }
        }
    }
}
