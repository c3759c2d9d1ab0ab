//! Extractors of the caller: a handler with a [`Caller`] argument runs only for requests with a valid
//! access token.

use axum::extract::{FromRef, FromRequestParts};
use domain::Role;
use http::request::Parts;
use http::{HeaderMap, header};
use runtime::clock::{Clock as _, SystemClock};
use service_kit::problem::Problem;

use crate::caller::Caller;
use crate::verifier::{Verifier, VerifyError};

/// A caller with the role admin. As an extractor it rejects other callers with 403.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admin(pub Caller);

/// The caller of a public endpoint. As an extractor it accepts requests without a token and still
/// rejects an invalid one with 401.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionalCaller(pub Option<Caller>);

/// Returns the token of the Authorization header, if there is such a header.
///
/// Two headers are rejected with 400, because two programs could choose different ones. Anything but
/// a bearer token (RFC 6750, 2.1; the scheme in any letter case) is rejected with 401.
pub fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(Problem::bad_request(
            "There is more than one Authorization header.",
        ));
    }
    let (scheme, token) = value
        .to_str()
        .ok()
        .and_then(|value| value.split_once(' '))
        .ok_or_else(Problem::incorrect_token)?;
    let token = token.trim_matches(' ');
    if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() {
        Ok(Some(token))
    } else {
        Err(Problem::incorrect_token())
    }
}

impl From<VerifyError> for Problem {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Invalid => Problem::incorrect_token(),
            VerifyError::KeysUnavailable => Problem::unavailable(),
        }
    }
}

impl<S> FromRequestParts<S> for OptionalCaller
where
    S: Send + Sync,
    Verifier: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Some(token) = bearer(&parts.headers)? else {
            return Ok(Self(None));
        };
        let verifier = Verifier::from_ref(state);
        Ok(Self(Some(verifier.verify(token, SystemClock.now()).await?)))
    }
}

impl<S> FromRequestParts<S> for Caller
where
    S: Send + Sync,
    Verifier: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let OptionalCaller(caller) = OptionalCaller::from_request_parts(parts, state).await?;
        caller.ok_or_else(Problem::no_token)
    }
}

impl<S> FromRequestParts<S> for Admin
where
    S: Send + Sync,
    Verifier: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, state).await?;
        if caller.role == Role::Admin {
            Ok(Self(caller))
        } else {
            Err(Problem::forbidden())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&[u8]]) -> HeaderMap {
        values
            .iter()
            .map(|value| {
                (
                    header::AUTHORIZATION,
                    http::HeaderValue::from_bytes(value).expect("a header value"),
                )
            })
            .collect()
    }

    #[test]
    fn given_authorization_headers_when_parsed_then_only_a_single_bearer_token_is_accepted() {
        let check = |values: &[&[u8]], expected: Result<Option<&str>, u16>| {
            let headers = headers(values);
            assert_eq!(
                bearer(&headers).map_err(|problem| problem.status),
                expected,
                "{values:?}"
            );
        };
        check(&[], Ok(None));
        check(&[b"Bearer abc"], Ok(Some("abc")));
        check(&[b"bEARER  abc "], Ok(Some("abc")));
        check(&[b"Bearer abc", b"Bearer abc"], Err(400));
        check(&[b""], Err(401));
        check(&[b"Bearer"], Err(401));
        check(&[b"Bearer "], Err(401));
        check(&[b"Basic YTpi"], Err(401));
        check(&[b"abc"], Err(401));
        check(&[b"Bearer \xff"], Err(401));
    }
}
