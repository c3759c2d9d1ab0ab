//! The `X-Forwarded-…` headers.
//!
//! A service receives exactly one client address, so it need not evaluate a chain of proxies.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use service_kit::client::{FORWARDED_FOR, TrustedProxies};

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");

/// Replaces the forwarded headers and `Host` of a request that arrived from `peer`. Only the claims
/// of a trusted proxy are kept.
pub(crate) fn rewrite(proxies: &TrustedProxies, peer: IpAddr, headers: &mut HeaderMap) {
    let client = proxies.client(peer, headers);
    let host = headers.remove(header::HOST);
    let peer_is_proxy = proxies.contains(peer);
    let is_https = peer_is_proxy
        && headers
            .get(&FORWARDED_PROTO)
            .is_some_and(|proto| proto == "https");
    let claimed_host = headers.remove(&FORWARDED_HOST).filter(|_| peer_is_proxy);
    headers.remove(&FORWARDED_PORT);
    headers.insert(
        FORWARDED_PROTO,
        HeaderValue::from_static(if is_https { "https" } else { "http" }),
    );
    if let Some(host) = claimed_host.or(host) {
        headers.insert(FORWARDED_HOST, host);
    }
    // An IP address is always a valid header value.
    if let Ok(client) = HeaderValue::from_str(&client.to_string()) {
        headers.insert(FORWARDED_FOR, client);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loopback() -> TrustedProxies {
        TrustedProxies::new(vec!["127.0.0.0/8".parse().unwrap()])
    }

    #[test]
    fn given_forwarded_headers_when_the_peer_is_not_trusted_then_they_are_replaced() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("shop.example"));
        headers.insert(FORWARDED_FOR, HeaderValue::from_static("1.1.1.1"));
        headers.insert(FORWARDED_PROTO, HeaderValue::from_static("https"));
        headers.insert(FORWARDED_HOST, HeaderValue::from_static("evil.example"));
        let client = "198.51.100.7".parse().unwrap();
        rewrite(&loopback(), client, &mut headers);
        assert_eq!(headers[FORWARDED_FOR], "198.51.100.7");
        assert_eq!(headers[FORWARDED_PROTO], "http");
        assert_eq!(headers[FORWARDED_HOST], "shop.example");
        assert!(!headers.contains_key(header::HOST));
    }

    #[test]
    fn given_forwarded_headers_when_the_peer_is_a_trusted_proxy_then_scheme_and_host_are_kept() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("127.0.0.1:8000"));
        headers.insert(FORWARDED_PROTO, HeaderValue::from_static("https"));
        headers.insert(FORWARDED_HOST, HeaderValue::from_static("shop.example"));
        let proxy = "127.0.0.1".parse().unwrap();
        rewrite(&loopback(), proxy, &mut headers);
        assert_eq!(headers[FORWARDED_PROTO], "https");
        assert_eq!(headers[FORWARDED_HOST], "shop.example");
    }
}
