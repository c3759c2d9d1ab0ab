//! The contract's answers for what went wrong.

use http::StatusCode;
use service_kit::lifecycle::chain;
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
            RegisterError::Store(error) => error.into(),
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
            LoginError::Store(error) => error.into(),
            LoginError::Random(_) => logged(&error),
        }
    }
}

impl From<RefreshError> for Problem {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Incorrect => Self::incorrect_token(),
            RefreshError::Store(error) => error.into(),
            RefreshError::Random(_) => logged(&error),
        }
    }
}

impl From<HashError> for Problem {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::too_many_requests(1),
            error => logged(&error),
        }
    }
}

fn logged(error: &(dyn std::error::Error + 'static)) -> Problem {
    tracing::error!(cause = chain(error), "could not answer");
    Problem::internal()
}
