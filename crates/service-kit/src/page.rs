//! The page size of lists.

use crate::problem::Problem;

/// The page size if only a cursor is given.
pub const DEFAULT_LIMIT: u32 = 20;
const MAX_LIMIT: u32 = 100;

/// The page size from the query's `limit`, or the default; outside 1 to 100 the problem is 422.
pub fn limit(requested: Option<i64>) -> Result<u32, Problem> {
    let Some(requested) = requested else {
        return Ok(DEFAULT_LIMIT);
    };
    u32::try_from(requested)
        .ok()
        .filter(|limit| (1..=MAX_LIMIT).contains(limit))
        .ok_or_else(|| Problem::invalid("limit", "must be a whole number from 1 to 100"))
}
