//! Money: integer minor units (cents) in the code, a JSON number with two decimals on the wire.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::quantity::Quantity;

/// An amount in minor units, from 0 to [`Money::MAX`].
///
/// It is serialised as its exact decimal. JSON parsers read numbers as binary floats, of which
/// [`Money::from_wire`] takes the shortest decimal: exact below 2^46 major units, about 7 × 10^13, where no
/// two amounts share a float. Prices are far below; only an order's cost may exceed it, and no code
/// computes with the cost in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i64);

/// Why a number is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// More than two decimals.
    #[error("the amount has more than two decimals")]
    TooManyDecimals,
    /// Negative, or more than [`Money::MAX`].
    #[error("the amount is not from 0 to 90071992547409.91")]
    OutOfRange,
}

impl Money {
    /// 0.00.
    pub const ZERO: Self = Self(0);
    /// 90,071,992,547,409.91: the largest amount whose minor units a JSON number represents exactly.
    pub const MAX: Self = Self((1 << 53) - 1);

    /// The amount with this number of minor units.
    pub fn from_minor(minor: i64) -> Result<Self, MoneyError> {
        if (0..=Self::MAX.0).contains(&minor) {
            Ok(Self(minor))
        } else {
            Err(MoneyError::OutOfRange)
        }
    }

    /// The amount in minor units.
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// The amount of a JSON number.
    pub fn from_wire(number: f64) -> Result<Self, MoneyError> {
        if !(0.0..1e15).contains(&number) {
            return Err(MoneyError::OutOfRange);
        }
        // Display writes the shortest decimal that reads back as this float, without exponent.
        let decimal = number.to_string();
        let (whole, fraction) = decimal.split_once('.').unwrap_or((&decimal, ""));
        if fraction.len() > 2 {
            return Err(MoneyError::TooManyDecimals);
        }
        let minor = format!("{whole}{fraction:0<2}")
            .parse()
            .map_err(|_| MoneyError::OutOfRange)?;
        Self::from_minor(minor)
    }

    /// The sum; `None` if it is out of range.
    pub fn plus(self, other: Self) -> Option<Self> {
        self.0
            .checked_add(other.0)
            .and_then(|minor| Self::from_minor(minor).ok())
    }

    /// The product; `None` if it is out of range.
    pub fn times(self, quantity: Quantity) -> Option<Self> {
        self.0
            .checked_mul(i64::from(quantity.get()))
            .and_then(|minor| Self::from_minor(minor).ok())
    }
}

impl fmt::Display for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let decimal = self.to_string();
        serde_json::value::RawValue::from_string(decimal)
            .map_err(serde::ser::Error::custom)?
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_wire(f64::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Money {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Money".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "number", "minimum": 0, "maximum": 90_071_992_547_410_i64 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn given_numbers_when_parsed_as_money_then_at_most_two_decimals_pass() {
        let check = |number: f64, expected: Result<i64, MoneyError>| {
            assert_eq!(
                Money::from_wire(number).map(Money::minor),
                expected,
                "{number}"
            );
        };
        check(5.99, Ok(599));
        check(30.0, Ok(3000));
        check(0.1, Ok(10));
        check(-0.0, Ok(0));
        check(70_368_744_177_663.99, Ok(7_036_874_417_766_399));
        check(5.999, Err(MoneyError::TooManyDecimals));
        check(1e-9, Err(MoneyError::TooManyDecimals));
        check(-1.0, Err(MoneyError::OutOfRange));
        check(1e30, Err(MoneyError::OutOfRange));
        check(f64::NAN, Err(MoneyError::OutOfRange));
        check(f64::INFINITY, Err(MoneyError::OutOfRange));
    }

    #[test]
    fn given_the_greatest_amount_when_written_then_no_cent_is_lost() {
        assert_eq!(
            serde_json::to_string(&Money::MAX).unwrap(),
            "90071992547409.91"
        );
    }

    proptest! {
        #[test]
        fn given_any_amount_when_written_and_read_then_it_is_the_same(minor in 0..(1_i64 << 46) * 100) {
            let money = Money(minor);
            let wire = serde_json::to_string(&money).unwrap();
            prop_assert_eq!(serde_json::from_str::<Money>(&wire).unwrap(), money);
        }

        #[test]
        fn given_a_third_decimal_when_read_then_it_is_refused(whole in 0..99_999_999_i64, thousandths in 1..10_i64) {
            let number: f64 = format!("{whole}.12{thousandths}").parse().unwrap();
            prop_assert_eq!(Money::from_wire(number), Err(MoneyError::TooManyDecimals));
        }

        #[test]
        fn given_amounts_when_added_or_multiplied_then_never_wrapped(a in 0..=Money::MAX.0, b in 0..=Money::MAX.0, n in 1..=i32::MAX as u32) {
            let exact = i128::from(a) + i128::from(b);
            prop_assert_eq!(Money(a).plus(Money(b)).map(|m| i128::from(m.0)), (exact <= i128::from(Money::MAX.0)).then_some(exact));
            let product = i128::from(a) * i128::from(n);
            let times = Money(a).times(Quantity::try_from(i64::from(n)).unwrap());
            prop_assert_eq!(times.map(|m| i128::from(m.0)), (product <= i128::from(Money::MAX.0)).then_some(product));
        }
    }
}
