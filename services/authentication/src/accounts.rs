//! Creating accounts.

use std::net::IpAddr;

use domain::Email;
use identity::Role;
use jiff::Timestamp;
use mongo::StoreError;
use service_kit::client::Network;

use crate::attempts::{AttemptError, Attempts};
use crate::hashing::{HashError, HashPermit, Hasher};
use crate::password::NewPassword;
use crate::store::{CreateError, NewUser, Store};

/// Registers accounts. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Accounts {
    pub(crate) store: Store,
    pub(crate) hasher: Hasher,
    pub(crate) attempts: Attempts,
}

/// Why an account was not created.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RegisterError {
    #[error(transparent)]
    Attempt(#[from] AttemptError),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Create(#[from] CreateError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// Creates an account with the role `user` for a client at `address`.
    pub(crate) async fn register(
        &self,
        email: &Email,
        password: &NewPassword,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<(), RegisterError> {
        let network = Network::of(address);
        let counter = self.attempts.limits.registration(network);
        self.attempts
            .reserve(&[counter], now)
            .await
            .inspect_err(|error| {
                if matches!(error, AttemptError::TooMany(_)) {
                    tracing::warn!(target: "audit", %address, "a registration was refused: too many registrations from this address");
                }
            })?;
        // The unique index decides; this check saves the cost of a hash.
        if self.store.user_by_email(email).await?.is_some() {
            return Err(CreateError::EmailTaken.into());
        }
        let permit = self.hasher.permit(network).await?;
        create(&self.store, permit, email, password, Role::User).await
    }
}

/// Hashes the password and creates the account.
pub(crate) async fn create(
    store: &Store,
    permit: HashPermit,
    email: &Email,
    password: &NewPassword,
    role: Role,
) -> Result<(), RegisterError> {
    let password_hash = permit.hash(password.secret().clone()).await?;
    store
        .create_user(NewUser {
            email: email.clone(),
            role,
            password_hash,
        })
        .await?;
    tracing::info!(target: "audit", account = email.fingerprint(), ?role, "an account was created");
    Ok(())
}
