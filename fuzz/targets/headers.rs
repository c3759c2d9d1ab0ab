//! The headers of a request, as the gateway and the services read them.
//!
//! The first byte says who sends them: a proxy that is trusted, or anybody. The rest is headers,
//! line by line.
#![no_main]

#[path = "../../services/authentication/src/http/address.rs"]
mod address;
#[path = "../../services/gateway/src/headers.rs"]
mod clean;
#[path = "../../services/authentication/src/http/cookie.rs"]
#[allow(dead_code, reason = "other calls take what is not used here")]
mod cookie;
#[path = "../../services/gateway/src/origin.rs"]
mod origin;

/// In the service it stands among the settings.
mod config {
    pub(crate) struct Origin(pub(crate) &'static str);

    impl Origin {
        pub(crate) fn as_str(&self) -> &str {
            self.0
        }
    }
}

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::extract::{ConnectInfo, FromRequestParts as _, OptionalFromRequestParts};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use libfuzzer_sys::fuzz_target;
use secrecy::ExposeSecret as _;
use service_kit::client::TrustedProxies;
use domain::IdempotencyKey;
use service_kit::request_context::{REQUEST_ID, RequestContext, TRACEPARENT};

const OURS: &str = "https://shop.example";

fuzz_target!(|bytes: &[u8]| {
    let Some((sender, lines)) = bytes.split_first() else {
        return;
    };
    let headers: HeaderMap = lines
        .split(|byte| *byte == b'\n')
        .take(100)
        .filter_map(line)
        .collect();
    trace(&headers);
    idempotency_key(&headers);
    session_cookie(&headers);
    client_address(&headers);
    cleaned(&headers);
    let peer = if *sender == b'P' {
        "::ffff:127.0.0.1"
    } else {
        "198.51.100.7"
    };
    rewritten(&headers, peer.parse().expect("an address"));
});

fn line(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let name = HeaderName::from_bytes(&line[..colon]).ok()?;
    let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
    Some((name, value))
}

/// What runs through logs and messages is short and of harmless characters.
fn trace(headers: &HeaderMap) {
    let context = RequestContext::from_headers(headers);
    let harmless = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    assert!((1..=64).contains(&context.id.len()) && harmless(&context.id));
    assert!(context.traceparent.len() == 55 && harmless(&context.traceparent));
    // The next service takes what this one passes on.
    let mut passed = HeaderMap::new();
    passed.insert(REQUEST_ID, context.id.parse().expect("a value"));
    passed.insert(TRACEPARENT, context.traceparent.parse().expect("a value"));
    let next = RequestContext::from_headers(&passed);
    assert_eq!(
        (next.id, next.traceparent),
        (context.id, context.traceparent)
    );
}

fn idempotency_key(headers: &HeaderMap) {
    let sent: Vec<_> = headers.get_all("idempotency-key").iter().collect();
    let mut parts = parts(headers);
    match wait(Option::<IdempotencyKey>::from_request_parts(
        &mut parts,
        &(),
    )) {
        Ok(None) => assert!(sent.is_empty()),
        Ok(Some(key)) => {
            assert_eq!(sent, [key.as_str()]);
            assert!(
                key.as_str().len() <= 255
                    && key.as_str().bytes().all(|byte| byte.is_ascii_graphic())
            );
        }
        Err(problem) => assert_eq!(problem.status, 400),
    }
}

fn session_cookie(headers: &HeaderMap) {
    if let Some(token) = cookie::token(headers) {
        let token = token.expose_secret();
        let sent = headers.get_all(header::COOKIE).iter().any(|value| {
            let value = value.to_str().unwrap_or_default();
            value.contains("__Host-refresh_token") && value.contains(token)
        });
        assert!(sent, "{token}");
        // A token of ours, which is what this is called with, can be kept as it is.
        if token
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        {
            let kept = cookie::keep(token, Duration::from_secs(60));
            let kept = kept.to_str().expect("visible").to_owned();
            assert!(kept.starts_with(&format!("__Host-refresh_token={token}; HttpOnly; ")));
        }
    }
    let pages = cookie::OwnPages(std::sync::Arc::new([config::Origin(OURS)]));
    if pages.check(headers).is_ok() {
        let origins: Vec<_> = headers.get_all(header::ORIGIN).iter().collect();
        assert_eq!(origins, [OURS]);
        assert!(headers.contains_key(header::CONTENT_TYPE));
    }
}

/// What authentication counts log-ins by: the address that the gateway wrote, which is there once.
fn client_address(headers: &HeaderMap) {
    let trusted = trusted();
    let [gateway, client]: [IpAddr; 2] =
        ["127.0.0.1", "198.51.100.7"].map(|address| address.parse().expect("an address"));
    let read = |headers: &HeaderMap, peer: IpAddr| {
        let mut parts = parts(headers);
        let peer = ConnectInfo(SocketAddr::from((peer, 1)));
        parts.extensions.insert(peer);
        let read = wait(address::ClientAddress::from_request_parts(
            &mut parts, &trusted,
        ));
        read.expect("an address").0
    };
    let mut passed = headers.clone();
    origin::rewrite(&trusted, client, &mut passed);
    assert_eq!(read(&passed, gateway), client);
    // Around the gateway nothing is believed.
    assert_eq!(read(headers, client), client);
}

/// Nothing that belongs to the connection passes, nor what claims to be somebody.
fn cleaned(headers: &HeaderMap) {
    let mut once = headers.clone();
    clean::clean_request(&mut once);
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
    clean::clean_request(&mut twice);
    assert_eq!(once, twice);
    let mut answer = headers.clone();
    clean::clean_response(&mut answer);
    assert!(!answer.contains_key(header::TRANSFER_ENCODING));
}

/// Whatever is claimed, the services are told one address, one scheme, at most one host.
fn rewritten(headers: &HeaderMap, peer: IpAddr) {
    let trusted = trusted();
    let client = trusted.client(peer, headers);
    let mut passed = headers.clone();
    origin::rewrite(&trusted, peer, &mut passed);
    let all = |name: &str| passed.get_all(name).iter().cloned().collect::<Vec<_>>();
    assert_eq!(all("x-forwarded-for"), [client.to_string().as_str()]);
    assert_eq!(all("x-forwarded-proto").len(), 1);
    assert!(all("x-forwarded-host").len() <= 1);
    assert!(all("x-forwarded-port").is_empty() && all("host").is_empty());
    if peer.to_canonical() == peer {
        // Not a proxy of ours, so nothing that it says of itself counts.
        assert_eq!(client, peer);
        assert_eq!(all("x-forwarded-proto"), ["http"]);
        assert_eq!(passed.get("x-forwarded-host"), headers.get(header::HOST));
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

/// Nothing here has anything to wait for.
fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("waits"),
    }
}
