//! Sessions. A client gets its refresh token in the body, or, when it asks for `session: "cookie"`
//! as a page in a browser does, in a cookie. These calls ignore an Authorization header: a client may still send an old one.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::Email;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use service_kit::extract;
use service_kit::problem::Problem;
use utoipa::ToSchema;

use super::address::ClientAddress;
use super::cookie::{self, OwnPages};
use super::problems::{store_failed, unacceptable_email};
use crate::sessions::{LoginAttempt, Sessions, Tokens};

const TOKEN_TYPE: HeaderName = HeaderName::from_static("token-type");

/// An e-mail and a password, and how the session is to be kept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(expecting = "an object")]
pub(crate) struct LogIn {
    /// The account's e-mail, in any case.
    #[schema(example = "ada@example.com", format = "email", max_length = 254)]
    email: String,
    /// The account's password, exactly as it is.
    #[schema(value_type = String, format = Password, example = "a long sentence")]
    password: SecretString,
    /// For a page in a browser: where the refresh token is kept. Without it the client keeps it.
    #[serde(default)]
    session: Option<KeptIn>,
}

/// Where a browser keeps a refresh token.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum KeptIn {
    /// In a cookie that no script can read.
    Cookie,
}

/// A refresh token, or where it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(expecting = "an object")]
pub(crate) struct Refresh {
    /// The refresh token that came last. May be left out when `session` says where it is.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    refresh_token: Option<SecretString>,
    /// For a page in a browser: where the refresh token is kept.
    #[serde(default)]
    session: Option<KeptIn>,
}

/// What a session gives its holder.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokensBody {
    /// For the Authorization header, as `Bearer …`; lives minutes.
    access_token: String,
    /// For `POST /api/refresh`, once. Not there when it is kept in a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}

/// Tokens, on their way to who keeps them.
pub(crate) struct Opened {
    tokens: Tokens,
    /// How long a browser keeps the cookie; without it the client gets the token itself.
    cookie: Option<Duration>,
}

/// Opens a session.
#[utoipa::path(
    post, path = "/api/login", tag = "authentication", request_body = LogIn,
    responses(
        (status = 200, description = "Tokens", body = TokensBody, headers(("Token-Type" = String, description = "Bearer"))),
        (status = 400, description = "The e-mail is malformed", body = Problem),
        (status = 401, description = "Incorrect e-mail or password", body = Problem),
        (status = 403, description = "A cookie is asked for by what is no page of the shop", body = Problem),
        (status = 408, description = "The body did not arrive in time", body = Problem),
        (status = 413, description = "The body is too large", body = Problem),
        (status = 422, description = "The body has the wrong shape", body = Problem),
        (status = 429, description = "Too many failed log-ins, or too many passwords wait to be hashed", body = Problem),
        (status = 503, description = "The database is away", body = Problem),
    )
)]
pub(crate) async fn log_in(
    State(sessions): State<Sessions>,
    State(pages): State<OwnPages>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    extract::Json(body): extract::Json<LogIn>,
) -> Result<Opened, Problem> {
    if body.session.is_some() {
        pages.check(&headers)?;
    }
    let email = Email::parse(&body.email).map_err(|_| unacceptable_email())?;
    let attempt = LoginAttempt {
        email,
        password: body.password,
        address,
    };
    let tokens = sessions.log_in(attempt, Timestamp::now()).await?;
    let cookie = body.session.map(|_| sessions.lifetimes.idle);
    Ok(Opened { tokens, cookie })
}

/// Swaps a refresh token for new tokens.
#[utoipa::path(
    post, path = "/api/refresh", tag = "authentication", request_body = Refresh,
    responses(
        (status = 200, description = "Tokens", body = TokensBody, headers(("Token-Type" = String, description = "Bearer"))),
        (status = 401, description = "Incorrect token", body = Problem),
        (status = 403, description = "The cookie is used by what is no page of the shop", body = Problem),
        (status = 408, description = "The body did not arrive in time", body = Problem),
        (status = 413, description = "The body is too large", body = Problem),
        (status = 422, description = "The body has the wrong shape", body = Problem),
        (status = 503, description = "The database is away", body = Problem),
    )
)]
pub(crate) async fn refresh(
    State(sessions): State<Sessions>,
    State(pages): State<OwnPages>,
    headers: HeaderMap,
    extract::Json(body): extract::Json<Refresh>,
) -> Result<Opened, Problem> {
    let in_cookie = body.in_cookie();
    let token = body.token(&pages, &headers)?;
    // An incorrect cookie is not cleared: a tab that came too late would clear what another tab
    // has just been given.
    let token = token.ok_or_else(Problem::incorrect_token)?;
    let tokens = sessions
        .refresh(token.expose_secret(), Timestamp::now())
        .await?;
    let cookie = in_cookie.then_some(sessions.lifetimes.idle);
    Ok(Opened { tokens, cookie })
}

/// Ends a session.
#[utoipa::path(
    post, path = "/api/logout", tag = "authentication", request_body = Refresh,
    responses(
        (status = 204, description = "The session has ended, or there was none"),
        (status = 403, description = "The cookie is used by what is no page of the shop", body = Problem),
        (status = 408, description = "The body did not arrive in time", body = Problem),
        (status = 413, description = "The body is too large", body = Problem),
        (status = 422, description = "The body has the wrong shape", body = Problem),
        (status = 503, description = "The database is away", body = Problem),
    )
)]
pub(crate) async fn log_out(
    State(sessions): State<Sessions>,
    State(pages): State<OwnPages>,
    headers: HeaderMap,
    extract::Json(body): extract::Json<Refresh>,
) -> Result<Response, Problem> {
    let in_cookie = body.in_cookie();
    if let Some(token) = body.token(&pages, &headers)? {
        sessions
            .log_out(token.expose_secret())
            .await
            .map_err(|error| store_failed(&error))?;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    if in_cookie {
        response
            .headers_mut()
            .insert(header::SET_COOKIE, cookie::forget());
    }
    Ok(response)
}

impl Refresh {
    fn in_cookie(&self) -> bool {
        self.refresh_token.is_none() && self.session.is_some()
    }

    /// The token in the body, or else the one in the cookie if there is one.
    fn token(self, pages: &OwnPages, headers: &HeaderMap) -> Result<Option<SecretString>, Problem> {
        match (self.refresh_token, self.session) {
            (Some(token), _) => Ok(Some(token)),
            (None, Some(KeptIn::Cookie)) => {
                pages.check(headers)?;
                Ok(cookie::token(headers))
            }
            (None, None) => Err(Problem::invalid("refresh_token", "is missing")),
        }
    }
}

impl IntoResponse for Opened {
    fn into_response(self) -> Response {
        let refresh_token = self.tokens.refresh.expose();
        let cookie = self
            .cookie
            .map(|lifetime| cookie::keep(&refresh_token, lifetime));
        let body = TokensBody {
            access_token: self.tokens.access,
            refresh_token: cookie.is_none().then_some(refresh_token),
        };
        let headers = [
            (TOKEN_TYPE, HeaderValue::from_static("Bearer")),
            // A token in a cache is a token lost (RFC 6749, 5.1).
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        let mut response = (headers, Json(body)).into_response();
        if let Some(cookie) = cookie {
            response.headers_mut().insert(header::SET_COOKIE, cookie);
        }
        response
    }
}
