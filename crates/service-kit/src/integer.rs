//! Whole numbers in JSON bodies.

use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A whole JSON number, however it is written: `2`, `2.0` and `2e0` are the same. It is read exactly:
/// `2.00000000000000000001` is not whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integer(pub i64);

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The text, because a binary float would round it.
        let value: &RawValue = Deserialize::deserialize(deserializer)?;
        whole(value.get())
            .map(Self)
            .ok_or_else(|| D::Error::invalid_value(Unexpected::Other("value"), &"a whole number"))
    }
}

/// The value of a JSON number that is whole; `None` for other JSON and outside `i64`.
fn whole(json: &str) -> Option<i64> {
    let (decimal, exponent) = json.split_once(['e', 'E']).unwrap_or((json, "0"));
    let (integer, fraction) = decimal.split_once('.').unwrap_or((decimal, ""));
    let digits = format!("{integer}{fraction}");
    let significant = digits.trim_end_matches('0');
    if matches!(significant, "" | "-") {
        return Some(0);
    }
    let zeros = i64::try_from(digits.len() - significant.len()).ok()?;
    let decimals = i64::try_from(fraction.len()).ok()?;
    let exponent = exponent
        .parse::<i64>()
        .ok()?
        .checked_add(zeros - decimals)?;
    // A negative exponent leaves a fraction, because the last digit is not zero.
    let scale = 10_i64.checked_pow(u32::try_from(exponent).ok()?)?;
    significant.parse::<i64>().ok()?.checked_mul(scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_json_when_read_as_an_integer_then_whole_numbers_are_exact_and_the_rest_is_refused() {
        let check = |json: &str, expected: Option<i64>| {
            let read = serde_json::from_str::<Integer>(json).ok();
            assert_eq!(read.map(|Integer(value)| value), expected, "{json}");
        };
        for two in [
            "2", "2.0", "2e0", "2E+0", "0.2e1", "0.02e2", "200e-2", "20.00e-1",
        ] {
            check(two, Some(2));
        }
        for zero in [
            "0",
            "-0",
            "0.0",
            "-0.0",
            "0e9",
            "0e-9",
            "0e99999999999999999999",
        ] {
            check(zero, Some(0));
        }
        check("-3.0", Some(-3));
        check("9007199254740993.0", Some(9_007_199_254_740_993));
        check("9.007199254740993e15", Some(9_007_199_254_740_993));
        check("9223372036854775807.0", Some(i64::MAX));
        check("-9223372036854775808", Some(i64::MIN));
        for other in [
            "1.5",
            "2.00000000000000000001",
            "15e-1",
            "1e-400",
            "1e30",
            "1e999",
            "1e99999999999999999999",
            "9223372036854775808",
            "-9223372036854775809.0",
            "922337203685477581e1",
            "\"2\"",
            "\"2e0\"",
            "true",
            "null",
            "[]",
            "{}",
            "[2]",
        ] {
            check(other, None);
        }
    }
}
