//! The contract's responses for errors.

use mongo::StoreError;
use service_kit::problem::Problem;

/// 503 or 500, depending on whether a retry can succeed.
pub(super) fn store_failed(error: &StoreError) -> Problem {
    Problem::dependency_failed(error, error.is_retryable())
}
