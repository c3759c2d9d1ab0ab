//! Making accounts.

use identity::{Email, Role};
use service_kit::mongo::StoreError;

use crate::hashing::{HashError, Hasher};
use crate::rules::password::NewPassword;
use crate::store::{CreateError, NewUser, Store};

/// Why an account was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RegisterError {
    #[error("the e-mail has an account already")]
    Taken,
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error("the service is still starting")]
    Starting,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes an account.
pub(crate) async fn register(
    store: &Store,
    hasher: &Hasher,
    email: &Email,
    password: &NewPassword,
    role: Role,
) -> Result<(), RegisterError> {
    // The unique index decides; this spares the hash.
    if store.user_by_email(email).await?.is_some() {
        return Err(RegisterError::Taken);
    }
    let password_hash = hasher.turn().await?.hash(password.secret().clone()).await?;
    store
        .create_user(NewUser {
            email: email.clone(),
            role,
            password_hash,
        })
        .await?;
    tracing::info!(target: "audit", account = email.fingerprint(), ?role, "an account was made");
    Ok(())
}

impl From<CreateError> for RegisterError {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Taken => Self::Taken,
            CreateError::NotPrepared => Self::Starting,
            CreateError::Store(error) => Self::Store(error),
        }
    }
}
