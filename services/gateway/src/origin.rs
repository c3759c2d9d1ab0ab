//! Where a request really comes from, and how the services are told.
//!
//! Each hop appends the address it was called from to `X-Forwarded-For`, and anybody can send
//! the header, so only the part that trusted proxies wrote counts: read from the right, the
//! first address that is not a trusted proxy's is the client's. The services get exactly that
//! one address and need not judge again.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");

/// The proxies whose word about a request's origin is taken.
#[derive(Clone, Debug)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Trusts the addresses in `networks`.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The client's address, given that the request came in from `peer`.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let values = headers.get_all(&FORWARDED_FOR).iter().rev();
        let mut claimed = values.flat_map(|value| value.to_str().unwrap_or_default().rsplit(','));
        while self.contains(client) {
            // What cannot be read is not trusted either: the hop that wrote it is then the client.
            let Some(Ok(next)) = claimed.next().map(|text| text.trim().parse::<IpAddr>()) else {
                break;
            };
            client = next.to_canonical();
        }
        client
    }

    /// Replaces what the request says of its origin by what is known of it.
    pub fn rewrite(&self, peer: IpAddr, headers: &mut HeaderMap) {
        let client = self.client(peer, headers);
        let host = headers.remove(header::HOST);
        let peer_is_proxy = self.contains(peer.to_canonical());
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
        // The text of an address is always a valid header value.
        if let Ok(client) = HeaderValue::from_str(&client.to_string()) {
            headers.insert(FORWARDED_FOR, client);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loopback() -> TrustedProxies {
        TrustedProxies::new(vec![
            "127.0.0.0/8".parse().unwrap(),
            "::1/128".parse().unwrap(),
        ])
    }

    #[test]
    fn given_forwarded_addresses_when_the_client_is_looked_for_then_only_trusted_hops_are_believed()
    {
        let check = |peer: &str, forwarded: &[&str], expected: &str| {
            let mut headers = HeaderMap::new();
            for value in forwarded {
                headers.append(
                    FORWARDED_FOR,
                    HeaderValue::from_bytes(value.as_bytes()).unwrap(),
                );
            }
            let client = loopback().client(peer.parse().unwrap(), &headers);
            assert_eq!(
                client,
                expected.parse::<IpAddr>().unwrap(),
                "{peer} {forwarded:?}"
            );
        };
        check("198.51.100.7", &[], "198.51.100.7");
        check("198.51.100.7", &["203.0.113.9"], "198.51.100.7");
        check("127.0.0.1", &["203.0.113.9"], "203.0.113.9");
        check("127.0.0.1", &["6.6.6.6, 203.0.113.9"], "203.0.113.9");
        check("127.0.0.1", &["6.6.6.6", "203.0.113.9"], "203.0.113.9");
        check("127.0.0.1", &["203.0.113.9, 127.0.0.2"], "203.0.113.9");
        check("127.0.0.1", &["127.0.0.3, 127.0.0.2"], "127.0.0.3");
        check("127.0.0.1", &["203.0.113.9, nonsense"], "127.0.0.1");
        check("127.0.0.1", &["\u{e9}"], "127.0.0.1");
        check("::ffff:127.0.0.1", &["::ffff:203.0.113.9"], "203.0.113.9");
        check("::1", &["2001:db8::7"], "2001:db8::7");
    }

    #[test]
    fn given_a_claimed_origin_when_it_comes_from_outside_then_it_is_replaced() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("shop.example"));
        headers.insert(FORWARDED_FOR, HeaderValue::from_static("1.1.1.1"));
        headers.insert(FORWARDED_PROTO, HeaderValue::from_static("https"));
        headers.insert(FORWARDED_HOST, HeaderValue::from_static("evil.example"));
        loopback().rewrite("198.51.100.7".parse().unwrap(), &mut headers);
        assert_eq!(headers[FORWARDED_FOR], "198.51.100.7");
        assert_eq!(headers[FORWARDED_PROTO], "http");
        assert_eq!(headers[FORWARDED_HOST], "shop.example");
        assert!(!headers.contains_key(header::HOST));
    }

    #[test]
    fn given_a_trusted_proxy_when_it_names_scheme_and_host_then_they_are_kept() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("127.0.0.1:8000"));
        headers.insert(FORWARDED_PROTO, HeaderValue::from_static("https"));
        headers.insert(FORWARDED_HOST, HeaderValue::from_static("shop.example"));
        loopback().rewrite("127.0.0.1".parse().unwrap(), &mut headers);
        assert_eq!(headers[FORWARDED_PROTO], "https");
        assert_eq!(headers[FORWARDED_HOST], "shop.example");
    }
}
