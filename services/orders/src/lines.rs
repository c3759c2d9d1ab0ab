//! What a buyer asks for: at least one line, no product twice.

use domain::{ProductName, Quantity};

/// The most lines of an order, after merging.
pub const MOST_LINES: usize = 100;

/// So many pieces of a product.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// Which product.
    pub name: ProductName,
    /// How many pieces.
    pub quantity: Quantity,
}

/// The lines of an order, in the order in which their products were first named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines(Vec<Line>);

/// The lines break a rule: there are none or too many, a name is impossible, or a quantity is
/// beyond its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Bad request format")]
pub struct BadLines;

impl Lines {
    /// Merges what was asked for, product by product.
    pub fn merge<'a>(wanted: impl IntoIterator<Item = (&'a str, i64)>) -> Result<Self, BadLines> {
        let mut merged: Vec<Line> = Vec::new();
        for (name, quantity) in wanted {
            let name = ProductName::parse(name).map_err(|_| BadLines)?;
            let quantity = Quantity::try_from(quantity).map_err(|_| BadLines)?;
            match merged.iter_mut().find(|line| line.name == name) {
                Some(line) => line.quantity = line.quantity.plus(quantity).ok_or(BadLines)?,
                None => merged.push(Line { name, quantity }),
            }
            if merged.len() > MOST_LINES {
                return Err(BadLines);
            }
        }
        if merged.is_empty() {
            Err(BadLines)
        } else {
            Ok(Self(merged))
        }
    }

    /// The lines.
    pub fn as_slice(&self) -> &[Line] {
        &self.0
    }

    /// Whether `others` ask for the same, in whatever order.
    pub fn ask_for_the_same_as<'a>(
        &self,
        others: impl ExactSizeIterator<Item = (&'a ProductName, Quantity)>,
    ) -> bool {
        // No product is on two lines of an order, so as many lines that are all here are the same.
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

    fn listed(lines: &Lines) -> Vec<(&str, u32)> {
        lines
            .0
            .iter()
            .map(|line| (line.name.as_str(), line.quantity.get()))
            .collect()
    }

    #[test]
    fn given_lines_that_break_a_rule_when_merged_then_they_are_refused() {
        let check = |wanted: &[(&str, i64)]| {
            assert_eq!(Lines::merge(wanted.to_vec()), Err(BadLines), "{wanted:?}");
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
    fn given_the_same_product_in_other_words_when_merged_then_it_is_one_line() {
        let lines =
            Lines::merge([("Chair", 2), ("laptop", 1), (" cHAIR ", 3)]).expect("good lines");
        assert_eq!(listed(&lines), [("chair", 5), ("laptop", 1)]);
    }

    #[test]
    fn given_a_hundred_products_when_merged_then_one_more_is_too_many() {
        let names: Vec<String> = (0..=MOST_LINES)
            .map(|number| format!("product {number}"))
            .collect();
        let wanted = |count: usize| names[..count].iter().map(|name| (name.as_str(), 1));
        assert!(Lines::merge(wanted(MOST_LINES)).is_ok());
        assert!(Lines::merge(wanted(MOST_LINES).chain(wanted(MOST_LINES))).is_ok());
        assert_eq!(Lines::merge(wanted(MOST_LINES + 1)), Err(BadLines));
    }

    proptest! {
        #[test]
        fn given_any_lines_when_merged_then_no_piece_is_lost_and_no_product_is_twice(
            wanted in prop::collection::vec(("[a-c]{1,2}", 1..1000_i64), 1..40),
        ) {
            let mut expected: BTreeMap<&str, i64> = BTreeMap::new();
            for (name, quantity) in &wanted {
                *expected.entry(name).or_default() += quantity;
            }
            let lines = Lines::merge(wanted.iter().map(|(name, quantity)| (name.as_str(), *quantity))).unwrap();
            let merged: BTreeMap<&str, i64> =
                listed(&lines).into_iter().map(|(name, quantity)| (name, i64::from(quantity))).collect();
            prop_assert_eq!(merged.len(), lines.as_slice().len());
            prop_assert_eq!(merged, expected);
        }

        #[test]
        fn given_lines_in_another_order_when_compared_then_they_ask_for_the_same(
            wanted in prop::collection::btree_map("[a-z]{1,3}", 1..100_i64, 1..20),
        ) {
            let wanted: Vec<(&str, i64)> = wanted.iter().map(|(name, quantity)| (name.as_str(), *quantity)).collect();
            let lines = Lines::merge(wanted.iter().copied()).unwrap();
            let mut reversed = Lines::merge(wanted.iter().rev().copied()).unwrap();
            let same = |other: &Lines| {
                lines.ask_for_the_same_as(other.0.iter().map(|line| (&line.name, line.quantity)))
            };
            prop_assert!(same(&reversed));
            reversed.0[0].quantity = reversed.0[0].quantity.plus(Quantity::try_from(1).unwrap()).unwrap();
            prop_assert!(!same(&reversed));
            reversed.0.remove(0);
            prop_assert!(!same(&reversed));
        }
    }
}
