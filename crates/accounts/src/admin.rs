//! Creating an admin, which is not possible over HTTP.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::{Email, Role};
use mongo::StoreError;
use secrecy::{ExposeSecret, SecretString};

use crate::argon::{self, ArgonError};
use crate::password::{NewPassword, PasswordError};
use crate::users::{CreateError, User, Users};

/// Why there is no such admin.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The given password violates the policy.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// No password could be generated.
    #[error("cannot generate a password")]
    Random(#[from] getrandom::Error),
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

/// Creates the admin with the `given` password or a random one. An existing admin is not an error, so
/// that a set-up program can run twice. An existing user does not become an admin. Returns a message
/// for the operator.
pub async fn ensure_admin(
    users: &Users,
    email: &Email,
    given: Option<SecretString>,
) -> Result<String, AdminError> {
    users.ensure_index().await.map_err(StoreError::from)?;
    let is_random = given.is_none();
    let password = NewPassword::new(given.map_or_else(random_password, Ok)?)?;
    let hash = argon::hash(password.secret())?;
    match users
        .create(User::new(email.clone(), Role::Admin, hash))
        .await
    {
        Ok(()) if is_random => Ok(format!(
            "Created the admin {email} with this password, which is not shown again:\n{}",
            password.secret().expose_secret()
        )),
        Ok(()) => Ok(format!("Created the admin {email}.")),
        Err(CreateError::EmailTaken) => match users.by_email(email).await? {
            Some(user) if user.role == Role::Admin => Ok(format!(
                "The admin {email} already exists; its password was not changed."
            )),
            _ => Err(AdminError::NotAdmin(email.clone())),
        },
        Err(error) => Err(error.into()),
    }
}

fn random_password() -> Result<SecretString, getrandom::Error> {
    let mut random = [0; 18];
    getrandom::fill(&mut random)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(random).into())
}
