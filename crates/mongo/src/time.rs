//! Times as BSON dates, which have whole milliseconds.

use jiff::Timestamp;
use mongodb::bson::DateTime;

/// Returns the date of a time.
pub fn date(time: Timestamp) -> DateTime {
    DateTime::from_millis(time.as_millisecond())
}

/// Returns the time of a date: the first or last possible time if the date is out of range.
pub fn timestamp(date: DateTime) -> Timestamp {
    let millis = date.timestamp_millis();
    let limit = if millis < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    Timestamp::from_millisecond(millis).unwrap_or(limit)
}
