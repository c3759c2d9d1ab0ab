//! Registering accounts.

use std::net::IpAddr;

use accounts::password::NewPassword;
use accounts::{CreateError, User, Users};
use domain::{Email, Role};
use jiff::Timestamp;
use mongo::StoreError;
use service_kit::client::Network;

use crate::attempts::{AttemptError, Attempts};
use crate::hashing::{HashError, Hasher};

/// Registers accounts. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Registration {
    pub(crate) users: Users,
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

impl Registration {
    /// Creates an account with the role `user` for a client at `address`.
    pub(crate) async fn register(
        &self,
        email: &Email,
        password: &NewPassword,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<(), RegisterError> {
        let network = Network::of(address);
        let counters = self.attempts.limits.registration(network);
        self.attempts
            .reserve(&counters, now)
            .await
            .inspect_err(|error| {
                if matches!(error, AttemptError::TooMany(_)) {
                    tracing::warn!(target: "audit", %address, "a registration was refused: too many registrations from this address");
                }
            })?;
        // The unique index decides; this check saves the cost of a hash.
        if self.users.by_email(email).await?.is_some() {
            return Err(CreateError::EmailTaken.into());
        }
        let permit = self.hasher.permit(network).await?;
        let hash = permit.hash(password.secret().clone()).await?;
        let user = User::new(email.clone(), Role::User, hash);
        Ok(self.users.create(user).await?)
    }
}
