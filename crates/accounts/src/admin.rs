//! Creating an admin, which is not possible over HTTP.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::{Email, Role};
use mongo::StoreError;
use secrecy::SecretString;

use crate::argon::{self, ArgonError};
use crate::password::{NewPassword, PasswordError};
use crate::users::{CreateError, User, Users};

/// Why there is no such admin.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The password violates the policy.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The password could not be hashed.
    #[error(transparent)]
    Argon(#[from] ArgonError),
    /// The account could not be created.
    #[error(transparent)]
    Create(#[from] CreateError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The e-mail belongs to an account that anyone could have registered.
    #[error("{0} has an account without the role admin; choose another e-mail")]
    NotAdmin(Email),
}

/// Creates the admin and returns true. An existing admin is not an error, so that a set-up program can
/// run twice; it keeps its password, and the result is false. An existing user does not become an
/// admin.
pub async fn ensure_admin(
    users: &Users,
    email: &Email,
    password: &SecretString,
) -> Result<bool, AdminError> {
    users.ensure_index().await.map_err(StoreError::from)?;
    let password = NewPassword::new(password)?;
    let hash = argon::hash(password.secret())?;
    match users
        .create(User::new(email.clone(), Role::Admin, hash))
        .await
    {
        Ok(()) => Ok(true),
        Err(CreateError::EmailTaken) => match users.by_email(email).await? {
            Some(user) if user.role == Role::Admin => Ok(false),
            _ => Err(AdminError::NotAdmin(email.clone())),
        },
        Err(error) => Err(error.into()),
    }
}

/// Returns a password of 144 random bits.
pub fn random_password() -> Result<SecretString, getrandom::Error> {
    let mut random = [0; 18];
    getrandom::fill(&mut random)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(random).into())
}
