//! A session as a browser keeps it: the refresh token in a cookie that no script can read and no
//! other site can make the browser send, so that the page itself holds nothing worth stealing
//! for long. Source: RFC 6265bis, 4.1.3.2 (`__Host-`) and 8.8 (`SameSite`).

use std::sync::Arc;
use std::time::Duration;

use cookie::{Cookie, SameSite};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use secrecy::SecretString;
use service_kit::problem::Problem;

use crate::config::Origin;

const NAME: &str = "__Host-refresh_token";
/// Browsers keep no cookie longer (RFC 6265bis, 5.5).
const LONGEST: Duration = Duration::from_hours(400 * 24);

/// The origins of our own pages. Cheap to clone.
#[derive(Clone)]
pub(crate) struct OwnPages(pub(crate) Arc<[Origin]>);

impl OwnPages {
    /// Refuses a call that uses the cookie unless a page of ours makes it, as JSON, which no form
    /// of another site can send.
    pub(super) fn check(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let is_ours = match (origins.next(), origins.next()) {
            (Some(origin), None) => self.0.iter().any(|ours| origin == ours.as_str()),
            _ => false,
        };
        if is_ours && headers.contains_key(header::CONTENT_TYPE) {
            Ok(())
        } else {
            Err(foreign_page())
        }
    }
}

/// 403: the call uses the cookie, and no page of the shop made it.
fn foreign_page() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "You have no access to this resource!",
    )
    .of_kind("foreign-page")
}

/// The refresh token in the call's cookie.
pub(super) fn token(headers: &HeaderMap) -> Option<SecretString> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| Cookie::split_parse(value).flatten())
        .find(|cookie| cookie.name() == NAME)
        .map(|cookie| SecretString::from(cookie.value().to_owned()))
}

/// Tells the browser to keep `token` until the session would have ended unused.
pub(super) fn keep(token: &str, lifetime: Duration) -> HeaderValue {
    header_value(token, lifetime.min(LONGEST))
}

/// Tells the browser to forget the token.
pub(super) fn forget() -> HeaderValue {
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
    // Our tokens are base64url, so the text is visible ASCII; if it were not, there is no cookie.
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
    fn given_cookies_when_read_then_ours_is_found_among_others() {
        let check = |values: &[&'static str], expected: Option<&str>| {
            let pairs: Vec<_> = values
                .iter()
                .map(|value| (header::COOKIE, *value))
                .collect();
            let found = token(&headers(&pairs));
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
    fn given_origins_when_checked_then_only_one_of_ours_with_a_content_type_passes() {
        let ours: Origin = "https://shop.example".parse().expect("an origin");
        let pages = OwnPages(Arc::from([ours]));
        let json = (header::CONTENT_TYPE, "application/json");
        let check = |pairs: &[(http::HeaderName, &'static str)], expected: bool| {
            assert_eq!(pages.check(&headers(pairs)).is_ok(), expected, "{pairs:?}");
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
    fn given_a_token_when_kept_or_forgotten_then_the_cookie_is_for_this_host_alone() {
        let kept = keep("abc", Duration::from_mins(1));
        assert_eq!(
            kept,
            "__Host-refresh_token=abc; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=60"
        );
        assert_eq!(
            forget(),
            "__Host-refresh_token=; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=0"
        );
    }
}
