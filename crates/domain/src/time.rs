//! Times.

use jiff::Timestamp;

/// Truncates `time` to whole milliseconds, the precision of the database.
pub fn whole_milliseconds(time: Timestamp) -> Timestamp {
    // It fails only at the very end of the range of `Timestamp`.
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

/// Returns `time` as clients get it: with three decimals, so that the order of texts is that of times.
pub fn rfc3339(time: Timestamp) -> String {
    format!("{time:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_times_when_formatted_then_all_have_three_decimals() {
        for text in [
            "2026-01-02T03:04:05.000Z",
            "2026-01-02T03:04:05.670Z",
            "2026-01-02T03:04:05.678Z",
        ] {
            assert_eq!(rfc3339(text.parse().expect("a time")), text);
        }
    }

    #[test]
    fn given_times_when_truncated_then_no_part_of_a_millisecond_is_left() {
        let check = |time: &str, expected: &str| {
            let time: Timestamp = time.parse().expect("a time");
            assert_eq!(whole_milliseconds(time).to_string(), expected, "{time}");
        };
        check("2026-01-02T03:04:05.678999999Z", "2026-01-02T03:04:05.678Z");
        check("2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.678Z");
        check("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z");
        check("1969-12-31T23:59:59.998999999Z", "1969-12-31T23:59:59.999Z");
    }
}
