//! Amounts in hundredths as Decimal128, the only form in which they are stored.
//!
//! The 128 bits, little-endian: sign (1), exponent plus 6176 (14), coefficient (113), as long as
//! the coefficient is below 2^113, which ours is by far. Source: the BSON specification of
//! Decimal128, <https://github.com/mongodb/specifications/blob/master/source/bson-decimal128/decimal128.md>,
//! and IEEE 754-2008, 3.5.2, binary encoding.

use mongodb::bson::Decimal128;

const BIAS: u64 = 6176;
const EXPONENT_SHIFT: u32 = 49;

/// The amount with exactly two decimals.
pub fn from_hundredths(amount: i64) -> Decimal128 {
    let sign = u128::from(amount < 0) << 127;
    let exponent = u128::from(BIAS - 2) << (64 + EXPONENT_SHIFT);
    let coefficient = u128::from(amount.unsigned_abs());
    Decimal128::from_bytes((sign | exponent | coefficient).to_le_bytes())
}

/// The amount, if it is one, however many zeros it ends in.
pub fn to_hundredths(decimal: Decimal128) -> Option<i64> {
    let bits = u128::from_le_bytes(decimal.bytes());
    let high = u64::try_from(bits >> 64).ok()?;
    if (high >> 61) & 3 == 3 {
        return None; // infinite, not a number, or a coefficient beyond 2^113
    }
    let exponent =
        i64::try_from((high >> EXPONENT_SHIFT) & 0x3fff).ok()? - i64::try_from(BIAS).ok()?;
    let mut amount = i64::try_from(bits & ((1 << (64 + EXPONENT_SHIFT)) - 1)).ok()?;
    for _ in exponent.clamp(-40, 40)..-2 {
        if amount % 10 != 0 {
            return None;
        }
        amount /= 10;
    }
    for _ in -2..exponent.clamp(-40, 40) {
        amount = amount.checked_mul(10)?;
    }
    Some(if high >> 63 == 1 { -amount } else { amount })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_amounts_when_stored_then_the_database_reads_two_decimals() {
        let check = |amount: i64, expected: &str| {
            assert_eq!(from_hundredths(amount).to_string(), expected);
            assert_eq!(to_hundredths(from_hundredths(amount)), Some(amount));
        };
        check(0, "0.00");
        check(1, "0.01");
        check(8394, "83.94");
        check(129_900, "1299.00");
        check(-599, "-5.99");
        check((1 << 53) - 1, "90071992547409.91");
        check(i64::MAX, "92233720368547758.07");
    }

    #[test]
    fn given_decimals_when_read_then_only_hundredths_pass() {
        let check = |text: &str, expected: Option<i64>| {
            let decimal: Decimal128 = text.parse().expect("a decimal");
            assert_eq!(to_hundredths(decimal), expected, "{text}");
        };
        check("83.94", Some(8394));
        check("83.9400", Some(8394));
        check("30", Some(3000));
        check("3E+1", Some(3000));
        check("-1.00", Some(-100));
        check("0.001", None);
        check("NaN", None);
        check("Infinity", None);
        check("-Infinity", None);
        check("1E+30", None);
    }
}
