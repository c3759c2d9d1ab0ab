//! The driver's errors as errors of the ports.

use mongodb::error::Error;

use crate::ports::StoreError;

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        let error = mongo::StoreError::from(error);
        if error.is_retryable() {
            Self::Unavailable(error.into())
        } else if error.is_refusal() {
            Self::Refused(error.into())
        } else {
            Self::Failed(error.into())
        }
    }
}
