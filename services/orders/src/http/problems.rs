//! What went wrong, as the client is told.

use runtime::lifecycle::error_chain;
use service_kit::problem::Problem;

use crate::checking::Refusal;
use crate::lines::BadLines;
use crate::placing::PlacingError;
use crate::store::StoreError;
use crate::stream::NotFollowed;

impl From<BadLines> for Problem {
    fn from(bad: BadLines) -> Self {
        Self::bad_request(bad.to_string())
    }
}

impl From<PlacingError> for Problem {
    fn from(error: PlacingError) -> Self {
        match error {
            PlacingError::Refused(refusal) => match refusal {
                Refusal::UnknownProduct => Self::unknown("product"),
                Refusal::InsufficientStock => {
                    Self::not_found(refusal.to_string()).of_kind("insufficient-stock")
                }
                Refusal::TooExpensive => Self::bad_request(refusal.to_string()),
            },
            PlacingError::KeyUsed => Self::key_reused("order"),
            PlacingError::Unavailable => Self::unavailable(),
        }
    }
}

/// How long whoever follows in too many places should wait, in seconds: a window is closed now
/// and then, and until then the list can be asked for.
const UNTIL_A_STREAM_ENDS: u32 = 30;

impl From<NotFollowed> for Problem {
    fn from(refusal: NotFollowed) -> Self {
        match refusal {
            NotFollowed::Unavailable => Self::unavailable(),
            NotFollowed::TooMany => Self::too_many_requests(UNTIL_A_STREAM_ENDS),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Database(error) => Self::dependency_failed(&error, error.is_retryable()),
            StoreError::NotDurable => {
                tracing::warn!(error = error_chain(&error), "a call could not be answered");
                Self::unavailable()
            }
            StoreError::Statement(_) | StoreError::Unreadable(_) => {
                tracing::error!(error = error_chain(&error), "a call could not be answered");
                Self::internal()
            }
        }
    }
}
