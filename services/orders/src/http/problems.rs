//! Errors as problems.

use http::StatusCode;
use service_kit::problem::Problem;

use crate::checking::CheckError;
use crate::limits::LimitError;
use crate::lines::InvalidLines;
use crate::placing::PlacingError;
use crate::ports::StoreError;
use crate::stream::SubscribeError;

/// `Retry-After` of a buyer with too many event streams, in seconds: until then a window of the page
/// may close.
const STREAM_RETRY_AFTER: u32 = 30;
/// `Retry-After` of an order that exceeds the limit of its account alone: every 429 has one, and a
/// retry would be refused again.
const OVERSIZE_RETRY_AFTER: u32 = 3_600;

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
            PlacingError::Limited(error) => error.into(),
            PlacingError::KeyUsed => Self::key_reused("order"),
            PlacingError::Unavailable => Self::unavailable(),
        }
    }
}

impl From<LimitError> for Problem {
    fn from(error: LimitError) -> Self {
        let (kind, detail, retry_after) = match error {
            LimitError::PendingItems { limit, retry_after } => (
                "too-many-pending-items",
                format!("You can have at most {limit} items in orders that are not decided yet."),
                retry_after,
            ),
            LimitError::Items { limit } => (
                "too-many-pending-items",
                format!(
                    "The order has more than {limit} items, which is the limit for all orders that \
                     are not decided yet. It can only be placed in several orders."
                ),
                OVERSIZE_RETRY_AFTER,
            ),
            LimitError::Orders { limit, retry_after } => (
                "too-many-orders",
                format!("You can place at most {limit} orders in an hour."),
                retry_after,
            ),
        };
        Self::new(StatusCode::TOO_MANY_REQUESTS, detail)
            .of_kind(kind)
            .retry_after(retry_after)
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
