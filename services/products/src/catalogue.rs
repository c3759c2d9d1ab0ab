//! The rules of the catalogue: valid products and valid changes.

use domain::{CategoryName, Description, Money, NameError, ProductId, ProductName, Stock};
use serde::Serialize;

const MIN_PRICE: i64 = 1;
const MAX_PRICE: i64 = 9_999_999_999;
const MAX_CATEGORIES: usize = 10;

/// A product as clients see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Product {
    /// Unique; the API identifies a product by it.
    pub(crate) name: ProductName,
    pub(crate) description: Description,
    /// The price of one unit.
    pub(crate) price: Money,
    /// The units in stock.
    pub(crate) quantity: Stock,
    /// No category twice.
    pub(crate) categories: Vec<CategoryName>,
}

/// A product with its id and version.
#[derive(Clone, Debug)]
pub(crate) struct VersionedProduct {
    pub(crate) id: ProductId,
    /// Grows by one with every change.
    pub(crate) version: u64,
    pub(crate) product: Product,
}

/// The bytes of a category's `ObjectId`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CategoryId(pub(crate) [u8; 12]);

/// The bytes of a change's `ObjectId`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChangeId(pub(crate) [u8; 12]);

/// A change of a product; `None` leaves a field as it is.
///
/// Its JSON is stored to recognise a repeat: the fields keep their names and their order, and a new
/// field has to be left out if it is not set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<Description>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) price: Option<Money>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) categories: Option<Vec<CategoryName>>,
    /// Units to add or, if negative, to remove.
    pub(crate) add_quantity: i64,
}

/// A rule of the catalogue that a request breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RuleError {
    #[error("the name is invalid")]
    Name(#[source] NameError),
    #[error("the description is invalid")]
    Description(#[source] NameError),
    #[error("the price is out of range")]
    Price,
    #[error("the quantity is out of range")]
    Quantity,
    #[error("there are too few or too many categories")]
    Categories,
    #[error("the change is empty")]
    NothingToChange,
    #[error("the stock would be negative")]
    StockTooLow,
    #[error("the stock would be above its maximum")]
    StockTooHigh,
}

/// Checks a price in a request.
pub(crate) fn price(number: f64) -> Result<Money, RuleError> {
    Money::from_wire(number)
        .ok()
        .filter(|price| (MIN_PRICE..=MAX_PRICE).contains(&price.minor()))
        .ok_or(RuleError::Price)
}

/// Checks the stock of a new product in a request.
pub(crate) fn stock(number: i64) -> Result<Stock, RuleError> {
    Stock::try_from(number).map_err(|_| RuleError::Quantity)
}

/// Checks the categories of a product in a request and removes duplicates.
///
/// `None` if a name is not valid: no such category exists.
pub(crate) fn categories(
    names: &[impl AsRef<str>],
) -> Result<Option<Vec<CategoryName>>, RuleError> {
    let mut unique = Vec::new();
    for name in names {
        let Ok(name) = CategoryName::parse(name.as_ref()) else {
            return Ok(None);
        };
        if !unique.contains(&name) {
            unique.push(name);
        }
    }
    if (1..=MAX_CATEGORIES).contains(&unique.len()) {
        Ok(Some(unique))
    } else {
        Err(RuleError::Categories)
    }
}

impl Change {
    /// Rejects an empty change.
    pub(crate) fn checked(self) -> Result<Self, RuleError> {
        if self == Self::default() {
            Err(RuleError::NothingToChange)
        } else {
            Ok(self)
        }
    }
}

impl VersionedProduct {
    /// Applies a change, which is the next version.
    pub(crate) fn apply(&mut self, change: &Change) -> Result<(), RuleError> {
        let product = &mut self.product;
        product.quantity = restocked(product.quantity, change.add_quantity)?;
        if let Some(description) = &change.description {
            product.description = description.clone();
        }
        if let Some(price) = change.price {
            product.price = price;
        }
        if let Some(categories) = &change.categories {
            product.categories.clone_from(categories);
        }
        self.version += 1;
        Ok(())
    }
}

fn restocked(stock: Stock, add: i64) -> Result<Stock, RuleError> {
    stock.changed_by(add).ok_or(if add < 0 {
        RuleError::StockTooLow
    } else {
        RuleError::StockTooHigh
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_prices_when_checked_then_only_valid_ones_pass() {
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
    fn given_a_category_twice_when_checked_then_it_counts_once() {
        let count = |names: &[&str]| categories(names).map(|found| found.map(|found| found.len()));
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
        assert_eq!(restocked(stock, -6), Err(RuleError::StockTooLow));
        assert_eq!(restocked(stock, i64::MAX), Err(RuleError::StockTooHigh));
        assert_eq!(restocked(stock, i64::MIN), Err(RuleError::StockTooLow));
    }

    #[test]
    fn given_an_empty_change_when_checked_then_it_is_rejected() {
        assert_eq!(Change::default().checked(), Err(RuleError::NothingToChange));
        let restock = Change {
            add_quantity: 1,
            ..Change::default()
        };
        assert!(restock.checked().is_ok());
    }
}
