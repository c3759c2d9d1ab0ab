//! Sessions. These calls ignore an Authorization header: a client may still send an old one.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use identity::Email;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use service_kit::extract;
use service_kit::problem::Problem;
use utoipa::ToSchema;

use super::accounts::Credentials;
use super::address::ClientAddress;
use super::problems::unacceptable_email;
use crate::sessions::{LoginAttempt, Sessions, Tokens};

const TOKEN_TYPE: HeaderName = HeaderName::from_static("token-type");

/// A refresh token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(expecting = "an object")]
pub(crate) struct RefreshBody {
    /// The refresh token that came last.
    #[schema(value_type = String)]
    refresh_token: SecretString,
}

/// What a session gives its holder.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokensBody {
    /// For the Authorization header, as `Bearer …`; lives minutes.
    access_token: String,
    /// For `POST /api/refresh`, once.
    refresh_token: String,
}

/// Opens a session.
#[utoipa::path(
    post, path = "/api/login", tag = "authentication", request_body = Credentials,
    responses(
        (status = 200, description = "Tokens", body = TokensBody, headers(("Token-Type" = String, description = "Bearer"))),
        (status = 400, description = "The e-mail is malformed", body = Problem),
        (status = 401, description = "Incorrect e-mail or password", body = Problem),
        (status = 413, description = "The body is too large", body = Problem),
        (status = 422, description = "The body has the wrong shape", body = Problem),
        (status = 429, description = "Too many failed log-ins, or too many passwords wait to be hashed", body = Problem),
        (status = 503, description = "The database is away", body = Problem),
    )
)]
pub(crate) async fn log_in(
    State(sessions): State<Sessions>,
    ClientAddress(address): ClientAddress,
    extract::Json(credentials): extract::Json<Credentials>,
) -> Result<Tokens, Problem> {
    let email = Email::parse(&credentials.email).map_err(|_| unacceptable_email())?;
    let attempt = LoginAttempt {
        email,
        password: credentials.password,
        address,
    };
    Ok(sessions.log_in(attempt, Timestamp::now()).await?)
}

/// Swaps a refresh token for new tokens.
#[utoipa::path(
    post, path = "/api/refresh", tag = "authentication", request_body = RefreshBody,
    responses(
        (status = 200, description = "Tokens", body = TokensBody, headers(("Token-Type" = String, description = "Bearer"))),
        (status = 401, description = "Incorrect token", body = Problem),
        (status = 413, description = "The body is too large", body = Problem),
        (status = 422, description = "The body has the wrong shape", body = Problem),
        (status = 503, description = "The database is away", body = Problem),
    )
)]
pub(crate) async fn refresh(
    State(sessions): State<Sessions>,
    extract::Json(body): extract::Json<RefreshBody>,
) -> Result<Tokens, Problem> {
    Ok(sessions
        .refresh(body.refresh_token.expose_secret(), Timestamp::now())
        .await?)
}

/// Ends a session.
#[utoipa::path(
    post, path = "/api/logout", tag = "authentication", request_body = RefreshBody,
    responses(
        (status = 204, description = "The session has ended, or there was none"),
        (status = 413, description = "The body is too large", body = Problem),
        (status = 422, description = "The body has the wrong shape", body = Problem),
        (status = 503, description = "The database is away", body = Problem),
    )
)]
pub(crate) async fn log_out(
    State(sessions): State<Sessions>,
    extract::Json(body): extract::Json<RefreshBody>,
) -> Result<StatusCode, Problem> {
    sessions.log_out(body.refresh_token.expose_secret()).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl IntoResponse for Tokens {
    fn into_response(self) -> Response {
        let body = TokensBody {
            access_token: self.access,
            refresh_token: self.refresh.expose(),
        };
        let headers = [
            (TOKEN_TYPE, HeaderValue::from_static("Bearer")),
            // A token in a cache is a token lost (RFC 6749, 5.1).
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        (headers, Json(body)).into_response()
    }
}
