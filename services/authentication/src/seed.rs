//! Accounts for development, with passwords that everybody can guess.

use std::net::Ipv4Addr;

use domain::Email;
use identity::Role;
use runtime::lifecycle::Failure;
use service_kit::client::Network;

use crate::hashing::Hasher;
use crate::store::NewUser;

/// E-mail, which is also the password, and role.
const ACCOUNTS: [(&str, Role); 4] = [
    ("aaa@aaa.com", Role::User),
    ("bbb@bbb.com", Role::User),
    ("admin@admin.com", Role::Admin),
    ("ccc@ccc.com", Role::Admin),
];

/// The accounts with their passwords hashed.
pub(crate) async fn accounts(hasher: &Hasher) -> Result<Vec<NewUser>, Failure> {
    let mut accounts = Vec::with_capacity(ACCOUNTS.len());
    for (email, role) in ACCOUNTS {
        let turn = hasher.turn(Network::of(Ipv4Addr::LOCALHOST.into())).await?;
        let password_hash = turn.hash(email.into()).await?;
        accounts.push(NewUser {
            email: Email::parse(email)?,
            role,
            password_hash,
        });
    }
    Ok(accounts)
}
