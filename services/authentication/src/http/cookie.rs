//! The refresh token of a browser, in a cookie that scripts cannot read and that the browser does not
//! send for other sites. The page itself has only short-lived access tokens. Source: RFC 6265bis,
//! 4.1.3.2 (`__Host-`) and 8.8 (`SameSite`).

use std::sync::Arc;
use std::time::Duration;

use cookie::{Cookie, SameSite};
use http::{HeaderMap, HeaderValue, header};
use runtime::origin::Origin;
use secrecy::SecretString;

const NAME: &str = "__Host-refresh_token";
/// The maximum lifetime of a cookie in browsers (RFC 6265bis, 5.5).
const MAX_LIFETIME: Duration = Duration::from_hours(400 * 24);

/// The origins of the shop's pages. Cheap to clone.
#[derive(Clone)]
pub(crate) struct AllowedOrigins(pub(crate) Arc<[Origin]>);

/// The request uses the cookie, but is not from a page of the shop.
#[derive(Debug, thiserror::Error)]
#[error("the request is not from an allowed origin")]
pub(crate) struct ForeignOrigin;

impl AllowedOrigins {
    /// Rejects a request that uses the cookie unless it has one allowed origin and a content type;
    /// forms of other sites cannot send JSON.
    pub(super) fn check(&self, headers: &HeaderMap) -> Result<(), ForeignOrigin> {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let is_allowed = match (origins.next(), origins.next()) {
            (Some(origin), None) => self.0.iter().any(|allowed| origin == allowed.as_str()),
            _ => false,
        };
        if is_allowed && headers.contains_key(header::CONTENT_TYPE) {
            Ok(())
        } else {
            Err(ForeignOrigin)
        }
    }
}

/// Returns the refresh token in the cookie of a request.
pub(super) fn refresh_token(headers: &HeaderMap) -> Option<SecretString> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| Cookie::split_parse(value).flatten())
        .find(|cookie| cookie.name() == NAME)
        .map(|cookie| SecretString::from(cookie.value().to_owned()))
}

/// Returns the `Set-Cookie` header that stores `token` for `lifetime`.
pub(super) fn set(token: &str, lifetime: Duration) -> HeaderValue {
    header_value(token, lifetime.min(MAX_LIFETIME))
}

/// Returns the `Set-Cookie` header that deletes the token.
pub(super) fn clear() -> HeaderValue {
    header_value("", Duration::ZERO)
}

fn header_value(token: &str, lifetime: Duration) -> HeaderValue {
    let seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
    let cookie = Cookie::build((NAME, token))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Strict)
        .max_age(cookie::time::Duration::seconds(seconds))
        .to_string();
    // Tokens are base64url, so the value is always valid.
    HeaderValue::from_str(&cookie).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn headers(pairs: &[(http::HeaderName, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name.clone(), HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn given_cookies_when_parsed_then_the_refresh_token_is_found_among_others() {
        let check = |values: &[&'static str], expected: Option<&str>| {
            let pairs: Vec<_> = values
                .iter()
                .map(|value| (header::COOKIE, *value))
                .collect();
            let found = refresh_token(&headers(&pairs));
            assert_eq!(
                found.as_ref().map(ExposeSecret::expose_secret),
                expected,
                "{values:?}"
            );
        };
        check(&[], None);
        check(&["a=b"], None);
        check(&["__Host-refresh_token=x"], Some("x"));
        check(&["a=b; __Host-refresh_token=x; c"], Some("x"));
        check(&["a=b", "__Host-refresh_token=x"], Some("x"));
        check(&["refresh_token=x; =; ;;"], None);
    }

    #[test]
    fn given_origins_when_checked_then_only_a_single_allowed_one_with_a_content_type_is_accepted() {
        let allowed: Origin = "https://shop.example".parse().expect("an origin");
        let origins = AllowedOrigins(Arc::from([allowed]));
        let json = (header::CONTENT_TYPE, "application/json");
        let check = |pairs: &[(http::HeaderName, &'static str)], expected: bool| {
            assert_eq!(
                origins.check(&headers(pairs)).is_ok(),
                expected,
                "{pairs:?}"
            );
        };
        let origin = |value| (header::ORIGIN, value);
        check(&[origin("https://shop.example"), json.clone()], true);
        check(&[origin("https://shop.example")], false);
        check(std::slice::from_ref(&json), false);
        for other in [
            "null",
            "http://shop.example",
            "https://shop.example.evil.example",
            "https://shop.example:8443",
        ] {
            check(&[origin(other), json.clone()], false);
        }
        check(
            &[
                origin("https://shop.example"),
                origin("https://evil.example"),
                json,
            ],
            false,
        );
    }

    #[test]
    fn given_a_token_when_set_or_cleared_then_the_cookie_is_for_this_host_only() {
        let cookie = set("abc", Duration::from_mins(1));
        assert_eq!(
            cookie,
            "__Host-refresh_token=abc; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=60"
        );
        assert_eq!(
            clear(),
            "__Host-refresh_token=; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=0"
        );
    }
}
