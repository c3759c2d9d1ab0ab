//! Numbers of items.

use serde::{Deserialize, Serialize};

const MAX: u32 = i32::MAX as u32;

/// The quantity of an order line: 1 to 2,147,483,647.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "i64")]
pub struct Quantity(u32);

/// The stock of a product: 0 to 2,147,483,647.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "i64")]
pub struct Stock(u32);

/// The number is out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the number is not from {min} to 2147483647")]
pub struct QuantityError {
    min: u32,
}

impl Quantity {
    /// The number of items.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The sum; `None` if it is out of range.
    pub fn plus(self, other: Self) -> Option<Self> {
        Self::try_from(i64::from(self.0) + i64::from(other.0)).ok()
    }
}

impl Stock {
    /// The number of items.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The stock after taking `quantity`; `None` if there is less.
    pub fn take(self, quantity: Quantity) -> Option<Self> {
        self.0.checked_sub(quantity.0).map(Self)
    }

    /// Whether the stock is at least `quantity`.
    pub fn covers(self, quantity: Quantity) -> bool {
        self.0 >= quantity.0
    }

    /// The stock after adding `delta`, which may be negative; `None` if out of range.
    pub fn changed_by(self, delta: i64) -> Option<Self> {
        i64::from(self.0)
            .checked_add(delta)
            .and_then(|stock| Self::try_from(stock).ok())
    }
}

impl TryFrom<i64> for Quantity {
    type Error = QuantityError;

    fn try_from(number: i64) -> Result<Self, QuantityError> {
        bounded(number, 1).map(Self)
    }
}

impl TryFrom<i64> for Stock {
    type Error = QuantityError;

    fn try_from(number: i64) -> Result<Self, QuantityError> {
        bounded(number, 0).map(Self)
    }
}

fn bounded(number: i64, min: u32) -> Result<u32, QuantityError> {
    u32::try_from(number)
        .ok()
        .filter(|n| (min..=MAX).contains(n))
        .ok_or(QuantityError { min })
}

macro_rules! schema {
    ($name:ident, $min:literal) => {
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "integer", "minimum": $min, "maximum": 2_147_483_647 })
            }
        }
    };
}

schema!(Quantity, 1);
schema!(Stock, 0);
