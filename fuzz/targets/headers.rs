//! Request headers, as the gateway and the services parse them.
//!
//! The first byte is the sender: `P` is a trusted proxy, any other byte an unknown client. The rest
//! is one header per line.
#![no_main]

#[path = "../../services/authentication/src/http/address.rs"]
mod address;
#[path = "../../services/authentication/src/http/cookie.rs"]
#[allow(dead_code, reason = "only parsing is tested")]
mod cookie;
#[path = "../../services/gateway/src/forwarded.rs"]
mod forwarded;
#[path = "../../services/gateway/src/headers.rs"]
mod sanitizing;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::extract::{ConnectInfo, FromRequestParts as _};
use futures::FutureExt as _;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use libfuzzer_sys::fuzz_target;
use secrecy::ExposeSecret as _;
use service_kit::client::TrustedProxies;
use service_kit::idempotency::IdempotencyHeader;
use service_kit::request_context::{REQUEST_ID, RequestContext, TRACEPARENT};

const SHOP_ORIGIN: &str = "https://shop.example";

fuzz_target!(|bytes: &[u8]| {
    let Some((sender, lines)) = bytes.split_first() else {
        return;
    };
    let headers: HeaderMap = lines
        .split(|byte| *byte == b'\n')
        .take(100)
        .filter_map(parse_header)
        .collect();
    check_trace(&headers);
    check_idempotency_key(&headers);
    check_session_cookie(&headers);
    check_client_address(&headers);
    check_sanitizing(&headers);
    let peer = if *sender == b'P' {
        "::ffff:127.0.0.1"
    } else {
        "198.51.100.7"
    };
    check_forwarded_headers(&headers, peer.parse().expect("an address"));
});

fn parse_header(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let name = HeaderName::from_bytes(&line[..colon]).ok()?;
    let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
    Some((name, value))
}

/// Request id and trace are short and contain only safe characters, because they occur in logs and
/// messages.
fn check_trace(headers: &HeaderMap) {
    let context = RequestContext::from_headers(headers);
    let is_safe = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    assert!((1..=64).contains(&context.id.len()) && is_safe(&context.id));
    assert!(context.traceparent.len() == 55 && is_safe(&context.traceparent));
    // The next service accepts what this one forwards.
    let mut forwarded = HeaderMap::new();
    forwarded.insert(REQUEST_ID, context.id.parse().expect("a value"));
    forwarded.insert(TRACEPARENT, context.traceparent.parse().expect("a value"));
    let next = RequestContext::from_headers(&forwarded);
    assert_eq!(
        (next.id, next.traceparent),
        (context.id, context.traceparent)
    );
}

fn check_idempotency_key(headers: &HeaderMap) {
    let sent: Vec<_> = headers.get_all("idempotency-key").iter().collect();
    let mut parts = parts(headers);
    let key = Option::<IdempotencyHeader>::from_request_parts(&mut parts, &());
    match key.now_or_never().expect("no I/O") {
        Ok(None) => assert!(sent.is_empty()),
        Ok(Some(IdempotencyHeader(key))) => {
            assert_eq!(sent, [key.as_str()]);
            assert!(
                key.as_str().len() <= 255
                    && key.as_str().bytes().all(|byte| byte.is_ascii_graphic())
            );
        }
        Err(problem) => assert_eq!(problem.status, 400),
    }
}

fn check_session_cookie(headers: &HeaderMap) {
    if let Some(token) = cookie::refresh_token(headers) {
        let token = token.expose_secret();
        let sent = headers.get_all(header::COOKIE).iter().any(|value| {
            let value = value.to_str().unwrap_or_default();
            value.contains("__Host-refresh_token") && value.contains(token)
        });
        assert!(sent, "{token}");
        // A cookie can be set for every token in the format of the shop.
        if token
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        {
            let cookie = cookie::set(token, Duration::from_secs(60));
            let cookie = cookie.to_str().expect("visible").to_owned();
            assert!(cookie.starts_with(&format!("__Host-refresh_token={token}; HttpOnly; ")));
        }
    }
    let origin = SHOP_ORIGIN.parse().expect("an origin");
    let allowed = cookie::AllowedOrigins(std::sync::Arc::new([origin]));
    if allowed.check(headers).is_ok() {
        let origins: Vec<_> = headers.get_all(header::ORIGIN).iter().collect();
        assert_eq!(origins, [SHOP_ORIGIN]);
        assert!(headers.contains_key(header::CONTENT_TYPE));
    }
}

/// Authentication limits logins by the client address that the gateway wrote.
fn check_client_address(headers: &HeaderMap) {
    let trusted = trusted();
    let [gateway, client]: [IpAddr; 2] =
        ["127.0.0.1", "198.51.100.7"].map(|address| address.parse().expect("an address"));
    let read = |headers: &HeaderMap, peer: IpAddr| {
        let mut parts = parts(headers);
        let peer = ConnectInfo(SocketAddr::from((peer, 1)));
        parts.extensions.insert(peer);
        let client = address::ClientAddress::from_request_parts(&mut parts, &trusted);
        client
            .now_or_never()
            .expect("no I/O")
            .expect("an address")
            .0
    };
    let mut rewritten = headers.clone();
    forwarded::rewrite(&trusted, client, &mut rewritten);
    assert_eq!(read(&rewritten, gateway), client);
    // Headers of a peer other than the gateway are not trusted.
    assert_eq!(read(headers, client), client);
}

/// Hop-by-hop headers and claims of identity are removed.
fn check_sanitizing(headers: &HeaderMap) {
    let mut once = headers.clone();
    sanitizing::sanitize_request(&mut once);
    for name in once.keys() {
        let name = name.as_str();
        assert!(
            ![
                "connection",
                "te",
                "transfer-encoding",
                "upgrade",
                "forwarded",
                "x-real-ip"
            ]
            .contains(&name)
        );
        assert!(
            name != "x-user"
                && !name.starts_with("x-user-")
                && !name.starts_with("x-authenticated-"),
            "{name}"
        );
    }
    for name in [header::AUTHORIZATION, REQUEST_ID, TRACEPARENT] {
        let named = headers.get_all(header::CONNECTION).iter().any(|value| {
            value
                .as_bytes()
                .to_ascii_lowercase()
                .windows(5)
                .any(|part| part == &name.as_str().as_bytes()[..5])
        });
        if !named {
            assert_eq!(once.get(&name), headers.get(&name));
        }
    }
    let mut twice = once.clone();
    sanitizing::sanitize_request(&mut twice);
    assert_eq!(once, twice);
    let mut response = headers.clone();
    sanitizing::sanitize_response(&mut response);
    assert!(!response.contains_key(header::TRANSFER_ENCODING));
}

/// The services receive one address, one scheme and at most one host, even if the request claims more.
fn check_forwarded_headers(headers: &HeaderMap, peer: IpAddr) {
    let trusted = trusted();
    let client = trusted.client(peer, headers);
    let mut rewritten = headers.clone();
    forwarded::rewrite(&trusted, peer, &mut rewritten);
    let all = |name: &str| rewritten.get_all(name).iter().cloned().collect::<Vec<_>>();
    assert_eq!(all("x-forwarded-for"), [client.to_string().as_str()]);
    assert_eq!(all("x-forwarded-proto").len(), 1);
    assert!(all("x-forwarded-host").len() <= 1);
    assert!(all("x-forwarded-port").is_empty() && all("host").is_empty());
    if peer.to_canonical() == peer {
        // The peer is no trusted proxy, so its headers are not trusted.
        assert_eq!(client, peer);
        assert_eq!(all("x-forwarded-proto"), ["http"]);
        assert_eq!(rewritten.get("x-forwarded-host"), headers.get(header::HOST));
    }
}

fn trusted() -> TrustedProxies {
    TrustedProxies::new(vec!["127.0.0.0/8".parse().expect("a network")])
}

fn parts(headers: &HeaderMap) -> http::request::Parts {
    let (mut parts, ()) = http::Request::new(()).into_parts();
    parts.headers = headers.clone();
    parts
}
