//! Development accounts, whose passwords are public.

use std::net::Ipv4Addr;

use accounts::User;
use accounts::password::Verification;
use domain::{Email, Role};
use runtime::lifecycle::{Failure, error_chain};
use service_kit::client::Network;
use tokio_util::sync::CancellationToken;

use super::Store;
use crate::hashing::Hasher;

/// E-mail, which is also the password, and role.
const ACCOUNTS: [(&str, Role); 4] = [
    ("aaa@aaa.com", Role::User),
    ("bbb@bbb.com", Role::User),
    ("admin@admin.com", Role::Admin),
    ("ccc@ccc.com", Role::Admin),
];

impl Store {
    /// Creates the development accounts in a database without accounts.
    pub(crate) async fn seed(&self, hasher: &Hasher, stop: &CancellationToken) {
        let accounts = match accounts(hasher).await {
            Ok(accounts) => accounts,
            Err(error) => {
                let error = error_chain(error.as_ref());
                return tracing::error!(
                    error,
                    "cannot hash the passwords of the development accounts"
                );
            }
        };
        let create = || self.users.create_if_none_exist(&accounts);
        if mongo::retry_until_ok("load the development data", stop, create).await == Some(true) {
            tracing::warn!("loaded the development accounts, whose passwords are public");
        }
    }

    /// Removes the development accounts that still have their public passwords, and ends their sessions.
    pub(crate) async fn remove_seed(&self, hasher: &Hasher, stop: &CancellationToken) {
        for (email, _) in ACCOUNTS {
            let remove = || self.remove_seed_account(hasher, email);
            if mongo::retry_until_ok("remove the development accounts", stop, remove).await
                == Some(true)
            {
                tracing::warn!("removed the development account {email}, whose password is public");
            }
        }
    }

    /// Returns whether there was such an account.
    async fn remove_seed_account(&self, hasher: &Hasher, email: &str) -> Result<bool, Failure> {
        let Some(user) = self.users.by_email(&Email::parse(email)?).await? else {
            return Ok(false);
        };
        let place = hasher.enter(Network::of(Ipv4Addr::LOCALHOST.into()))?;
        let stored = Some(user.password_hash.clone());
        if place.verify(email.into(), stored).await? == Verification::Mismatch {
            return Ok(false);
        }
        if !self.users.remove(&user).await? {
            return Err("a log-in has replaced the hash meanwhile".into());
        }
        self.end_sessions(user.id).await?;
        Ok(true)
    }
}

async fn accounts(hasher: &Hasher) -> Result<Vec<User>, Failure> {
    let mut accounts = Vec::with_capacity(ACCOUNTS.len());
    for (email, role) in ACCOUNTS {
        let permit = hasher
            .permit(Network::of(Ipv4Addr::LOCALHOST.into()))
            .await?;
        let hash = permit.hash(email.into()).await?;
        accounts.push(User::new(Email::parse(email)?, role, hash));
    }
    Ok(accounts)
}
