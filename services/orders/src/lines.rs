//! The lines of an order request: at least one, no product twice.

use domain::{ProductName, Quantity};

/// The maximum number of lines of an order after merging.
pub(crate) const MAX_LINES: usize = 100;

/// A line of an order request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RequestedLine {
    pub(crate) name: ProductName,
    pub(crate) quantity: Quantity,
}

/// The merged lines of an order request, sorted by the first occurrence of each product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lines(Vec<RequestedLine>);

/// The lines break a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an order has 1 to {MAX_LINES} lines with valid names and quantities")]
pub(crate) struct InvalidLines;

impl Lines {
    /// Merges the lines of the same product, given as names and quantities.
    pub(crate) fn merge<'a>(
        requested: impl IntoIterator<Item = (&'a str, i64)>,
    ) -> Result<Self, InvalidLines> {
        let mut merged: Vec<RequestedLine> = Vec::new();
        for (name, quantity) in requested {
            let name = ProductName::parse(name).map_err(|_| InvalidLines)?;
            let quantity = Quantity::try_from(quantity).map_err(|_| InvalidLines)?;
            match merged.iter_mut().find(|line| line.name == name) {
                Some(line) => line.quantity = line.quantity.plus(quantity).ok_or(InvalidLines)?,
                None => merged.push(RequestedLine { name, quantity }),
            }
            if merged.len() > MAX_LINES {
                return Err(InvalidLines);
            }
        }
        if merged.is_empty() {
            Err(InvalidLines)
        } else {
            Ok(Self(merged))
        }
    }

    pub(crate) fn as_slice(&self) -> &[RequestedLine] {
        &self.0
    }

    /// Whether `others` have the same products and quantities, in any order.
    pub(crate) fn is_same_as<'a>(
        &self,
        others: impl ExactSizeIterator<Item = (&'a ProductName, Quantity)>,
    ) -> bool {
        // No product is on two lines, so equal counts and containment are equality.
        others.len() == self.0.len()
            && others.into_iter().all(|(name, quantity)| {
                self.0
                    .iter()
                    .any(|line| line.name == *name && line.quantity == quantity)
            })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn pairs(lines: &Lines) -> Vec<(&str, u32)> {
        lines
            .0
            .iter()
            .map(|line| (line.name.as_str(), line.quantity.get()))
            .collect()
    }

    #[test]
    fn given_lines_that_break_a_rule_when_merged_then_they_are_refused() {
        let check = |requested: &[(&str, i64)]| {
            assert_eq!(
                Lines::merge(requested.to_vec()),
                Err(InvalidLines),
                "{requested:?}"
            );
        };
        check(&[]);
        check(&[("chair", 0)]);
        check(&[("chair", -1)]);
        check(&[("chair", 2_147_483_648)]);
        check(&[("chair", i64::MAX)]);
        check(&[("", 1)]);
        check(&[("a\u{0}b", 1)]);
        check(&[("chair", 2_147_483_647), ("Chair ", 1)]);
    }

    #[test]
    fn given_the_same_product_spelled_differently_when_merged_then_it_is_one_line() {
        let lines =
            Lines::merge([("Chair", 2), ("laptop", 1), (" cHAIR ", 3)]).expect("valid lines");
        assert_eq!(pairs(&lines), [("chair", 5), ("laptop", 1)]);
    }

    #[test]
    fn given_the_most_lines_when_one_more_product_is_added_then_they_are_refused() {
        let names: Vec<String> = (0..=MAX_LINES)
            .map(|number| format!("product {number}"))
            .collect();
        let requested = |count: usize| names[..count].iter().map(|name| (name.as_str(), 1));
        assert!(Lines::merge(requested(MAX_LINES)).is_ok());
        assert!(Lines::merge(requested(MAX_LINES).chain(requested(MAX_LINES))).is_ok());
        assert_eq!(Lines::merge(requested(MAX_LINES + 1)), Err(InvalidLines));
    }

    proptest! {
        #[test]
        fn given_any_lines_when_merged_then_no_item_is_lost_and_no_product_is_twice(
            requested in prop::collection::vec(("[a-c]{1,2}", 1..1000_i64), 1..40),
        ) {
            let mut expected: BTreeMap<&str, i64> = BTreeMap::new();
            for (name, quantity) in &requested {
                *expected.entry(name).or_default() += quantity;
            }
            let lines = Lines::merge(requested.iter().map(|(name, quantity)| (name.as_str(), *quantity))).unwrap();
            let merged: BTreeMap<&str, i64> =
                pairs(&lines).into_iter().map(|(name, quantity)| (name, i64::from(quantity))).collect();
            prop_assert_eq!(merged.len(), lines.as_slice().len());
            prop_assert_eq!(merged, expected);
        }

        #[test]
        fn given_lines_in_another_order_when_compared_then_they_are_the_same(
            requested in prop::collection::btree_map("[a-z]{1,3}", 1..100_i64, 1..20),
        ) {
            let requested: Vec<(&str, i64)> = requested.iter().map(|(name, quantity)| (name.as_str(), *quantity)).collect();
            let lines = Lines::merge(requested.iter().copied()).unwrap();
            let mut reversed = Lines::merge(requested.iter().rev().copied()).unwrap();
            let same = |other: &Lines| {
                lines.is_same_as(other.0.iter().map(|line| (&line.name, line.quantity)))
            };
            prop_assert!(same(&reversed));
            reversed.0[0].quantity = reversed.0[0].quantity.plus(Quantity::try_from(1).unwrap()).unwrap();
            prop_assert!(!same(&reversed));
            reversed.0.remove(0);
            prop_assert!(!same(&reversed));
        }
    }
}
