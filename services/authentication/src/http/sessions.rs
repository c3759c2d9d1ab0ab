//! Sessions. A client gets its refresh token in the body or, with `session: "cookie"`, in a cookie for
//! pages in a browser. These endpoints ignore the Authorization header, because clients may still send
//! an expired token.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::Email;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use runtime::clock::{Clock as _, SystemClock};
use secrecy::{ExposeSecret, SecretString};
use service_kit::extract;
use service_kit::problem::Problem;

use super::address::ClientAddress;
use super::cookie::{self, AllowedOrigins};
use super::problems::{store_failed, unacceptable_email};
use super::wire::{LogIn, Refresh, TokenStorage, TokensBody};
use super::{App, HASH_TIMEOUT, run};
use crate::sessions::{LoginAttempt, Tokens};

const TOKEN_TYPE: HeaderName = HeaderName::from_static("token-type");

/// The response with the tokens of a session.
pub(super) struct SessionResponse {
    tokens: Tokens,
    /// The lifetime of the cookie. Without it the refresh token is in the body.
    cookie: Option<Duration>,
}

/// Opens a session.
#[utoipa::path(
    post, path = "/api/login", tag = "authentication", request_body = LogIn,
    responses(
        (status = 200, description = "Tokens", body = TokensBody, headers(("Token-Type" = String, description = "Bearer"))),
        (status = 400, description = "The e-mail is malformed", body = Problem),
        (status = 401, description = "Incorrect e-mail or password", body = Problem),
        (status = 403, description = "The request for a cookie is not from a page of the shop", body = Problem),
        (status = 429, description = "Too many failed log-ins, or too many passwords are waiting to be hashed", body = Problem),
        (status = 503, body = Problem),
    )
)]
pub(super) async fn log_in(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    extract::Json(body): extract::Json<LogIn>,
) -> Result<SessionResponse, Problem> {
    if body.session.is_some() {
        app.origins.check(&headers)?;
    }
    let email = Email::parse(&body.email).map_err(|_| unacceptable_email())?;
    let attempt = LoginAttempt {
        email,
        password: body.password,
        address,
    };
    let (sessions, now) = (app.sessions.clone(), SystemClock.now());
    let log_in = async move { sessions.log_in(attempt, now).await };
    let tokens = run(HASH_TIMEOUT, log_in).await?;
    let cookie = body.session.map(|_| app.sessions.lifetimes.idle);
    Ok(SessionResponse { tokens, cookie })
}

/// Exchanges a refresh token for new tokens.
#[utoipa::path(
    post, path = "/api/refresh", tag = "authentication", request_body = Refresh,
    responses(
        (status = 200, description = "Tokens", body = TokensBody, headers(("Token-Type" = String, description = "Bearer"))),
        (status = 401, description = "Incorrect token", body = Problem),
        (status = 403, description = "The request with the cookie is not from a page of the shop", body = Problem),
        (status = 503, body = Problem),
    )
)]
pub(super) async fn refresh(
    State(app): State<App>,
    headers: HeaderMap,
    extract::Json(body): extract::Json<Refresh>,
) -> Result<SessionResponse, Problem> {
    let in_cookie = body.is_in_cookie();
    let token = body.token(&app.origins, &headers)?;
    // An incorrect cookie is not cleared, because a slow response to one tab would then clear the
    // new cookie of another tab.
    let token = token.ok_or_else(Problem::incorrect_token)?;
    let (sessions, now) = (app.sessions.clone(), SystemClock.now());
    let refresh = async move { sessions.refresh(token.expose_secret(), now).await };
    let tokens = run(app.timeout, refresh).await?;
    let cookie = in_cookie.then_some(app.sessions.lifetimes.idle);
    Ok(SessionResponse { tokens, cookie })
}

/// Ends a session.
#[utoipa::path(
    post, path = "/api/logout", tag = "authentication", request_body = Refresh,
    responses(
        (status = 204, description = "The session has ended, or it did not exist"),
        (status = 403, description = "The request with the cookie is not from a page of the shop", body = Problem),
        (status = 503, body = Problem),
    )
)]
pub(super) async fn log_out(
    State(app): State<App>,
    headers: HeaderMap,
    extract::Json(body): extract::Json<Refresh>,
) -> Result<Response, Problem> {
    let in_cookie = body.is_in_cookie();
    if let Some(token) = body.token(&app.origins, &headers)? {
        let sessions = app.sessions.clone();
        let log_out = async move { sessions.log_out(token.expose_secret()).await };
        run(app.timeout, log_out)
            .await
            .map_err(|error| store_failed(&error))?;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    if in_cookie {
        response
            .headers_mut()
            .insert(header::SET_COOKIE, cookie::clear());
    }
    Ok(response)
}

impl Refresh {
    fn is_in_cookie(&self) -> bool {
        self.refresh_token.is_none() && self.session.is_some()
    }

    /// Returns the token in the body, or the one in the cookie if `session` is `cookie`.
    fn token(
        self,
        origins: &AllowedOrigins,
        headers: &HeaderMap,
    ) -> Result<Option<SecretString>, Problem> {
        match (self.refresh_token, self.session) {
            (Some(token), _) => Ok(Some(token)),
            (None, Some(TokenStorage::Cookie)) => {
                origins.check(headers)?;
                Ok(cookie::refresh_token(headers))
            }
            (None, None) => Err(Problem::invalid("refresh_token", "is missing")),
        }
    }
}

impl IntoResponse for SessionResponse {
    fn into_response(self) -> Response {
        let refresh_token = self.tokens.refresh.expose();
        let cookie = self
            .cookie
            .map(|lifetime| cookie::set(&refresh_token, lifetime));
        let body = TokensBody {
            access_token: self.tokens.access,
            refresh_token: cookie.is_none().then_some(refresh_token),
        };
        let headers = [
            (TOKEN_TYPE, HeaderValue::from_static("Bearer")),
            // Caches must not store tokens (RFC 6749, 5.1).
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        let mut response = (headers, Json(body)).into_response();
        if let Some(cookie) = cookie {
            response.headers_mut().insert(header::SET_COOKIE, cookie);
        }
        response
    }
}
