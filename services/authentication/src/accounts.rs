//! Making accounts.

use std::net::IpAddr;

use domain::Email;
use identity::Role;
use jiff::Timestamp;
use mongo::StoreError;
use service_kit::client::Network;

use crate::attempts::{AttemptError, Attempts};
use crate::hashing::{HashError, Hasher, Turn};
use crate::rules::attempts::Wait;
use crate::rules::password::NewPassword;
use crate::store::{CreateError, NewUser, Store};

/// Makes accounts for whoever asks. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Accounts {
    pub(crate) store: Store,
    pub(crate) hasher: Hasher,
    pub(crate) attempts: Attempts,
}

/// Why an account was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RegisterError {
    #[error("the e-mail has an account already")]
    Taken,
    #[error("too many registrations")]
    TooMany(Wait),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error("the service is still starting")]
    Starting,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// Makes an account with the role `user` for somebody at `address`.
    pub(crate) async fn register(
        &self,
        email: &Email,
        password: &NewPassword,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<(), RegisterError> {
        let network = Network::of(address);
        let counted = self.attempts.limits.registration(network);
        self.attempts
            .reserve(&[counted], now)
            .await
            .inspect_err(|error| {
                if matches!(error, AttemptError::TooMany(_)) {
                    tracing::warn!(target: "audit", %address, "a registration was refused: too many came from there");
                }
            })?;
        // The unique index decides; this spares the hash.
        if self.store.user_by_email(email).await?.is_some() {
            return Err(RegisterError::Taken);
        }
        let turn = self.hasher.turn(network).await?;
        create(&self.store, turn, email, password, Role::User).await
    }
}

/// Makes an account.
pub(crate) async fn create(
    store: &Store,
    turn: Turn,
    email: &Email,
    password: &NewPassword,
    role: Role,
) -> Result<(), RegisterError> {
    let password_hash = turn.hash(password.secret().clone()).await?;
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

impl From<AttemptError> for RegisterError {
    fn from(error: AttemptError) -> Self {
        match error {
            AttemptError::TooMany(wait) => Self::TooMany(wait),
            AttemptError::Store(error) => Self::Store(error),
        }
    }
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
