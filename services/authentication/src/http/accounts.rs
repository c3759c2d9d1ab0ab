//! Accounts.

use axum::Json;
use axum::extract::State;
use domain::Email;
use http::StatusCode;
use identity::{Caller, Role};
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use service_kit::extract;
use service_kit::problem::Problem;
use utoipa::ToSchema;

use super::address::ClientAddress;
use super::problems::unacceptable_email;
use crate::accounts::Accounts;
use crate::rules::password::NewPassword;

/// An e-mail and a password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(expecting = "an object")]
pub(crate) struct Credentials {
    /// The account's e-mail, in any case.
    #[schema(example = "ada@example.com", format = "email", max_length = 254)]
    pub(crate) email: String,
    /// The account's password, exactly as it is; not one of the commonest.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 128, example = "a long sentence")]
    pub(crate) password: SecretString,
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Account {
    /// The account's e-mail.
    #[schema(value_type = String)]
    email: Email,
    /// What it may do.
    role: Role,
}

/// Makes an account with the role `user`.
#[utoipa::path(
    post, path = "/api/register", tag = "authentication", request_body = Credentials,
    responses(
        (status = 201, description = "The account", body = Account),
        (status = 400, description = "The e-mail is malformed or taken", body = Problem),
        (status = 408, description = "The body did not arrive in time", body = Problem),
        (status = 413, description = "The body is too large", body = Problem),
        (status = 422, description = "The body has the wrong shape, or the password is too short, too long or too common", body = Problem),
        (status = 429, description = "Too many registrations from this address, or too many passwords wait to be hashed", body = Problem),
        (status = 503, description = "The database is away", body = Problem),
    )
)]
pub(crate) async fn register(
    State(accounts): State<Accounts>,
    ClientAddress(address): ClientAddress,
    extract::Json(credentials): extract::Json<Credentials>,
) -> Result<(StatusCode, Json<Account>), Problem> {
    let email = Email::parse(&credentials.email).map_err(|_| unacceptable_email())?;
    let password = NewPassword::new(credentials.password)
        .map_err(|unacceptable| Problem::invalid("password", unacceptable.to_string()))?;
    accounts
        .register(&email, &password, address, Timestamp::now())
        .await?;
    Ok((
        StatusCode::CREATED,
        Json(Account {
            email,
            role: Role::User,
        }),
    ))
}

/// Says who the caller is.
#[utoipa::path(
    get, path = "/api/me", tag = "authentication", security(("bearer" = [])),
    responses(
        (status = 200, description = "The caller's account", body = Account),
        (status = 400, description = "More than one Authorization header", body = Problem),
        (status = 401, description = "No token, or an incorrect one", body = Problem),
    )
)]
pub(crate) async fn me(caller: Caller) -> Json<Account> {
    Json(Account {
        email: caller.email,
        role: caller.role,
    })
}
