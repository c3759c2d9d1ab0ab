//! Removes the headers that must not pass the gateway.
//!
//! Hop-by-hop headers belong to one connection (RFC 9110, 7.6.1). A caller must not set headers
//! that claim an identity or a client address: the token is the only proof of identity.

use http::{HeaderMap, HeaderName, header};
use service_kit::request_context::{REQUEST_ID, TRACEPARENT};

/// Removes hop-by-hop headers and claims of identity from a request.
///
/// `Host` and the `X-Forwarded-…` headers stay: [`crate::forwarded`] replaces them.
pub(crate) fn sanitize_request(headers: &mut HeaderMap) {
    remove_listed_in_connection(headers);
    remove(headers, |name| {
        is_hop_by_hop(name) || claims_identity(name.as_str())
    });
}

/// Removes hop-by-hop headers from an upstream's response.
pub(crate) fn sanitize_response(headers: &mut HeaderMap) {
    remove_listed_in_connection(headers);
    remove(headers, is_hop_by_hop);
}

fn remove(headers: &mut HeaderMap, unwanted: impl Fn(&HeaderName) -> bool) {
    // An empty Vec, the usual case, does not allocate.
    let names: Vec<HeaderName> = headers
        .keys()
        .filter(|name| unwanted(name))
        .cloned()
        .collect();
    for name in names {
        headers.remove(name);
    }
}

fn remove_listed_in_connection(headers: &mut HeaderMap) {
    let Some(first) = headers.get(header::CONNECTION) else {
        return;
    };
    let lists_no_header = |value: &[u8]| {
        value.eq_ignore_ascii_case(b"keep-alive") || value.eq_ignore_ascii_case(b"close")
    };
    if lists_no_header(first.as_bytes())
        && headers.get_all(header::CONNECTION).iter().nth(1).is_none()
    {
        return;
    }
    let listed: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| HeaderName::from_bytes(name.trim().as_bytes()).ok())
        .collect();
    // The gateway has set these two itself.
    for name in listed
        .iter()
        .filter(|name| **name != REQUEST_ID && **name != TRACEPARENT)
    {
        headers.remove(name);
    }
}

fn is_hop_by_hop(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "connection"
            | "keep-alive"
            | "proxy-connection"
            | "proxy-authenticate"
            | "proxy-authorization"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
            | "expect"
    )
}

fn claims_identity(name: &str) -> bool {
    const PREFIXES: [&str; 4] = [
        "x-user-",
        "x-authenticated-",
        "x-auth-request-",
        "x-remote-",
    ];
    const NAMES: [&str; 8] = [
        "x-user",
        "x-email",
        "x-role",
        "x-client-email",
        "x-forwarded-user",
        "x-forwarded-email",
        "x-real-ip",
        "forwarded",
    ];
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn given_request_headers_when_sanitized_then_only_end_to_end_headers_remain() {
        let check = |before: &[(&'static str, &'static str)],
                     after: &[(&'static str, &'static str)]| {
            let mut sanitized = headers(before);
            sanitize_request(&mut sanitized);
            assert_eq!(sanitized, headers(after), "{before:?}");
        };
        check(
            &[("connection", "keep-alive"), ("accept", "*/*")],
            &[("accept", "*/*")],
        );
        check(
            &[
                ("connection", "close, X-Once"),
                ("x-once", "1"),
                ("accept", "*/*"),
            ],
            &[("accept", "*/*")],
        );
        check(
            &[("connection", "x-request-id"), ("x-request-id", "7")],
            &[("x-request-id", "7")],
        );
        check(
            &[
                ("te", "trailers"),
                ("upgrade", "websocket"),
                ("keep-alive", "timeout=5"),
            ],
            &[],
        );
        check(
            &[
                ("x-user-email", "admin@admin.com"),
                ("x-authenticated-role", "admin"),
            ],
            &[],
        );
        check(
            &[("forwarded", "for=1.2.3.4"), ("x-real-ip", "1.2.3.4")],
            &[],
        );
        check(
            &[("idempotency-key", "k"), ("last-event-id", "9")],
            &[("idempotency-key", "k"), ("last-event-id", "9")],
        );
        check(
            &[("connection", ", ,\t"), ("accept", "*/*")],
            &[("accept", "*/*")],
        );
    }

    #[test]
    fn given_several_connection_headers_when_sanitized_then_all_listed_headers_are_removed() {
        let mut before = headers(&[("a", "1"), ("b", "2"), ("c", "3")]);
        before.append("connection", HeaderValue::from_static("close"));
        before.append("connection", HeaderValue::from_static("a, b"));
        sanitize_response(&mut before);
        assert_eq!(before, headers(&[("c", "3")]));
    }
}
