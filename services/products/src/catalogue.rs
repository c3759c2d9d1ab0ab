//! What a product may be, and what an admin may change.

use domain::{CategoryName, Description, Money, NameError, ProductName, Stock};
use serde::Serialize;

/// A product as its clients know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Its public key.
    pub name: ProductName,
    /// What it is.
    pub description: Description,
    /// What one piece costs.
    pub price: Money,
    /// How many pieces there are.
    pub quantity: Stock,
    /// Where it is found; no category twice.
    pub categories: Vec<CategoryName>,
}

/// In which order products are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// In the order of creation.
    #[default]
    Oldest,
    /// The latest first.
    Newest,
    /// By price.
    Cheapest,
    /// By price, the highest first.
    Dearest,
    /// By name, see [`crate::search::name_key`].
    Name,
    /// By name, from the end.
    NameBackwards,
}

/// What an admin asks to be changed; `None` stays as it is.
///
/// As JSON it is stored to recognise a repeat: the fields keep their names and their order, and a
/// new one is left out where it is not set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Another description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// Another price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Money>,
    /// Other categories.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub categories: Option<Vec<CategoryName>>,
    /// Pieces that came in or, negative, went out.
    pub add_quantity: i64,
}

/// A rule of the catalogue that was broken, as a sentence for the admin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// The name or the description.
    #[error("{0}")]
    Text(#[from] NameError),
    /// The price.
    #[error("A price is a number from 0.01 to 99999999.99 with at most two decimals.")]
    Price,
    /// The stock of a new product.
    #[error("The quantity is a whole number from 0 to 2147483647.")]
    Quantity,
    /// Too few or too many categories.
    #[error("A product has 1 to 10 categories.")]
    Categories,
    /// A change that changes nothing.
    #[error("Nothing to change.")]
    NothingToChange,
    /// More would go out than there is.
    #[error("The stock cannot go below zero.")]
    BelowZero,
    /// More would come in than can be counted.
    #[error("The stock cannot go above 2147483647.")]
    AboveMost,
}

const LEAST_PRICE: i64 = 1;
const MOST_PRICE: i64 = 9_999_999_999;
const MOST_CATEGORIES: usize = 10;

/// A price from its number on the wire.
pub fn price(number: f64) -> Result<Money, RuleError> {
    Money::from_wire(number)
        .ok()
        .filter(|price| (LEAST_PRICE..=MOST_PRICE).contains(&price.minor()))
        .ok_or(RuleError::Price)
}

/// The stock of a new product from its number on the wire.
pub fn stock(number: i64) -> Result<Stock, RuleError> {
    Stock::try_from(number).map_err(|_| RuleError::Quantity)
}

/// The categories of a product, each once and in the order given.
///
/// A name that could belong to no category is `None` in the answer: it is as unknown as any.
pub fn categories(names: &[String]) -> Result<Option<Vec<CategoryName>>, RuleError> {
    let mut unique = Vec::new();
    for name in names {
        let Ok(name) = CategoryName::parse(name) else {
            return Ok(None);
        };
        if !unique.contains(&name) {
            unique.push(name);
        }
    }
    if (1..=MOST_CATEGORIES).contains(&unique.len()) {
        Ok(Some(unique))
    } else {
        Err(RuleError::Categories)
    }
}

impl Change {
    /// Refuses a change that changes nothing.
    pub fn checked(self) -> Result<Self, RuleError> {
        if self == Self::default() {
            Err(RuleError::NothingToChange)
        } else {
            Ok(self)
        }
    }
}

/// The stock after an admin's change.
pub fn restocked(stock: Stock, add: i64) -> Result<Stock, RuleError> {
    stock.changed_by(add).ok_or(if add < 0 {
        RuleError::BelowZero
    } else {
        RuleError::AboveMost
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_prices_when_checked_then_only_those_within_bounds_pass() {
        let check = |number: f64, expected: Option<i64>| {
            assert_eq!(price(number).ok().map(Money::minor), expected, "{number}");
        };
        check(0.01, Some(1));
        check(99_999_999.99, Some(9_999_999_999));
        check(0.0, None);
        check(-5.0, None);
        check(5.999, None);
        check(100_000_000.0, None);
        check(1e30, None);
    }

    #[test]
    fn given_categories_named_twice_when_checked_then_they_count_once() {
        let names = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        let count =
            |list: &[&str]| categories(&names(list)).map(|found| found.map(|found| found.len()));
        assert_eq!(count(&["kitchen", "Kitchen "]), Ok(Some(1)));
        assert_eq!(count(&[]), Err(RuleError::Categories));
        assert_eq!(count(&["a\u{0}"]), Ok(None));
        let eleven: Vec<String> = (0..11).map(|n| format!("c{n}")).collect();
        assert_eq!(categories(&eleven), Err(RuleError::Categories));
    }

    #[test]
    fn given_a_stock_when_changed_then_it_stays_within_bounds() {
        let stock = Stock::try_from(5).unwrap();
        assert_eq!(restocked(stock, -5).map(Stock::get), Ok(0));
        assert_eq!(restocked(stock, -6), Err(RuleError::BelowZero));
        assert_eq!(restocked(stock, i64::MAX), Err(RuleError::AboveMost));
        assert_eq!(restocked(stock, i64::MIN), Err(RuleError::BelowZero));
    }

    #[test]
    fn given_a_change_of_nothing_when_checked_then_it_is_refused() {
        assert_eq!(Change::default().checked(), Err(RuleError::NothingToChange));
        assert!(
            Change {
                add_quantity: 1,
                ..Change::default()
            }
            .checked()
            .is_ok()
        );
    }
}
