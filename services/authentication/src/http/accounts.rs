//! Calls that register an account and return the caller's own.

use accounts::password::NewPassword;
use axum::Json;
use axum::extract::State;
use domain::{Email, Role};
use http::StatusCode;
use identity::Caller;
use runtime::clock::{Clock as _, SystemClock};
use service_kit::extract;
use service_kit::problem::Problem;

use super::address::ClientAddress;
use super::problems::{unacceptable_email, unacceptable_password};
use super::wire::{Account, Credentials};
use super::{App, HASH_TIMEOUT, run};

/// Creates an account with the role `user`.
#[utoipa::path(
    post, path = "/api/register", tag = "authentication", request_body = Credentials,
    responses(
        (status = 201, description = "The account", body = Account),
        (status = 400, description = "The e-mail is malformed or taken", body = Problem),
        (status = 422, description = "The body does not match the schema, or the password is too short, too long or too common", body = Problem),
        (status = 429, description = "Too many registrations from this address, or too many passwords are waiting to be hashed", body = Problem),
        (status = 503, body = Problem),
    )
)]
pub(super) async fn register(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    extract::Json(credentials): extract::Json<Credentials>,
) -> Result<(StatusCode, Json<Account>), Problem> {
    let email = Email::parse(&credentials.email).map_err(|_| unacceptable_email())?;
    let password = NewPassword::new(&credentials.password).map_err(unacceptable_password)?;
    let (registration, account) = (app.registration.clone(), email.clone());
    let now = SystemClock.now();
    let register = async move {
        registration
            .register(&account, &password, address, now)
            .await
    };
    run(HASH_TIMEOUT, register).await?;
    let role = Role::User;
    Ok((StatusCode::CREATED, Json(Account { email, role })))
}

/// Returns the account of the caller.
#[utoipa::path(
    get, path = "/api/me", tag = "authentication", security(("bearer" = [])),
    responses(
        (status = 200, description = "The caller's account", body = Account),
        (status = 400, description = "More than one Authorization header", body = Problem),
        (status = 401, description = "No token, or an incorrect one", body = Problem),
    )
)]
pub(super) async fn me(caller: Caller) -> Json<Account> {
    Json(Account {
        email: caller.email,
        role: caller.role,
    })
}
