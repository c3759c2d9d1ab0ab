//! Errors as problems.

use service_kit::problem::Problem;

use crate::checking::CheckError;
use crate::lines::InvalidLines;
use crate::placing::PlacingError;
use crate::ports::StoreError;
use crate::stream::SubscribeError;

/// `Retry-After` of a buyer with too many event streams, in seconds: until then a window of the page
/// may close.
const STREAM_RETRY_AFTER: u32 = 30;

impl From<InvalidLines> for Problem {
    fn from(_: InvalidLines) -> Self {
        Self::bad_request("Bad request format")
    }
}

impl From<PlacingError> for Problem {
    fn from(error: PlacingError) -> Self {
        match error {
            PlacingError::Refused(CheckError::UnknownProduct) => Self::unknown("product"),
            PlacingError::Refused(CheckError::InsufficientStock) => {
                Self::not_found("The requested amount does not exist.")
                    .of_kind("insufficient-stock")
            }
            PlacingError::Refused(CheckError::TooExpensive) => {
                Self::bad_request("Bad request format")
            }
            PlacingError::KeyUsed => Self::key_reused("order"),
            PlacingError::Unavailable => Self::unavailable(),
        }
    }
}

impl From<SubscribeError> for Problem {
    fn from(error: SubscribeError) -> Self {
        match error {
            SubscribeError::Unavailable => Self::unavailable(),
            SubscribeError::TooMany => Self::too_many_requests(STREAM_RETRY_AFTER),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::dependency_failed(&error, error.is_retryable())
    }
}
