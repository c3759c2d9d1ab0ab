//! Errors as problems.

use accounts::CreateError;
use accounts::password::{MAX_LENGTH, MIN_LENGTH, PasswordError};
use http::StatusCode;
use mongo::StoreError;
use service_kit::problem::Problem;

use super::cookie::ForeignOrigin;
use crate::attempt_limits::RetryAfter;
use crate::attempts::AttemptError;
use crate::hashing::HashError;
use crate::registration::RegisterError;
use crate::sessions::{LoginError, RefreshError};

/// 400: the e-mail is malformed or already has an account.
pub(super) fn unacceptable_email() -> Problem {
    Problem::bad_request("This e-mail is not acceptable").of_kind("unacceptable-email")
}

/// 503 if a retry can succeed, 500 otherwise.
pub(super) fn store_failed(error: &StoreError) -> Problem {
    Problem::dependency_failed(error, error.is_retryable())
}

/// 422: the password violates the policy.
pub(super) fn unacceptable_password(error: PasswordError) -> Problem {
    let message = match error {
        PasswordError::TooShort => format!("must have at least {MIN_LENGTH} characters"),
        PasswordError::TooLong => format!("must have at most {MAX_LENGTH} characters"),
        PasswordError::Common => {
            "is one of the most common passwords; please choose another".to_owned()
        }
    };
    Problem::invalid("password", message)
}

impl From<ForeignOrigin> for Problem {
    fn from(_: ForeignOrigin) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "You have no access to this resource!",
        )
        .of_kind("foreign-page")
    }
}

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Attempt(error) => error.into(),
            RegisterError::Hash(error) => error.into(),
            RegisterError::Create(CreateError::EmailTaken) => unacceptable_email(),
            RegisterError::Create(CreateError::NoIndex) => Self::unavailable(),
            RegisterError::Create(CreateError::Store(error)) | RegisterError::Store(error) => {
                store_failed(&error)
            }
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
            LoginError::Attempt(error) => error.into(),
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

impl From<AttemptError> for Problem {
    fn from(error: AttemptError) -> Self {
        match error {
            AttemptError::TooMany(RetryAfter(seconds)) => Self::too_many_requests(seconds),
            AttemptError::Store(error) => store_failed(&error),
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
