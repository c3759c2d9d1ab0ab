//! The contract's answers for what went wrong.

use http::StatusCode;
use mongo::StoreError;
use service_kit::problem::Problem;

use crate::accounts::RegisterError;
use crate::hashing::HashError;
use crate::rules::attempts::Wait;
use crate::sessions::{LoginError, RefreshError};

/// 400: the e-mail is malformed, or has an account already.
pub(super) fn unacceptable_email() -> Problem {
    Problem::bad_request("This e-mail is not acceptable").of_kind("unacceptable-email")
}

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Taken => unacceptable_email(),
            RegisterError::TooMany(Wait(seconds)) => Self::too_many_requests(seconds),
            RegisterError::Starting => Self::unavailable(),
            RegisterError::Hash(error) => error.into(),
            RegisterError::Store(error) => store_failed(&error),
        }
    }
}

impl From<LoginError> for Problem {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Incorrect => {
                Self::new(StatusCode::UNAUTHORIZED, "Incorrect e-mail or password")
                    .of_kind("incorrect-credentials")
            }
            LoginError::TooManyFailures(Wait(seconds)) => Self::too_many_requests(seconds),
            LoginError::Hash(error) => error.into(),
            LoginError::Store(error) => store_failed(&error),
            LoginError::Random(_) => Self::dependency_failed(&error, false),
        }
    }
}

impl From<RefreshError> for Problem {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Incorrect => Self::incorrect_token(),
            RefreshError::Store(error) => store_failed(&error),
            RefreshError::Random(_) => Self::dependency_failed(&error, false),
        }
    }
}

impl From<HashError> for Problem {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::too_many_requests(1),
            error => Self::dependency_failed(&error, false),
        }
    }
}

/// 503 or 500, depending on whether a retry can succeed.
pub(super) fn store_failed(error: &StoreError) -> Problem {
    Problem::dependency_failed(error, error.is_retryable())
}
