//! The address of a client, and the network by which rate limits count it.
//!
//! Each proxy appends the address of its peer to `X-Forwarded-For`, and clients can send the header
//! too, so only the part that trusted proxies wrote is valid: read from the right, the first address
//! that is not a trusted proxy is the client.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use clap::Args;
use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

/// The header to which each proxy appends the address of its peer.
pub const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies whose `X-Forwarded-…` headers are trusted.
#[derive(Args, Clone, Debug)]
pub struct TrustedProxies {
    /// Networks of the proxies whose `X-Forwarded-…` headers are trusted, separated by commas.
    #[arg(
        long,
        env = "TRUSTED_PROXIES",
        default_value = "127.0.0.0/8,::1/128",
        value_delimiter = ','
    )]
    trusted_proxies: Vec<IpNet>,
}

impl TrustedProxies {
    /// Trusts the addresses in `networks`.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self {
            trusted_proxies: networks,
        }
    }

    /// Whether `address` is a trusted proxy.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted_proxies
            .iter()
            .any(|network| network.contains(&address))
    }

    /// The client's address of a request from `peer`.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let values = headers.get_all(&FORWARDED_FOR).iter().rev();
        let mut claimed = values.flat_map(|value| value.to_str().unwrap_or_default().rsplit(','));
        while self.contains(client) {
            // An invalid entry is not trusted: then the proxy that wrote it counts as the client.
            let Some(Ok(next)) = claimed.next().map(|text| text.trim().parse::<IpAddr>()) else {
                break;
            };
            client = next.to_canonical();
        }
        client
    }
}

/// The unit of rate limits: an IPv4 address, or an IPv6 /64 network, which one site owns as a whole
/// (RFC 6177).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network(IpAddr);

impl Network {
    /// The network of an address.
    pub fn of(address: IpAddr) -> Self {
        const PREFIX: u128 = u128::MAX << 64;
        Self(match address.to_canonical() {
            IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & PREFIX).into(),
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

/// Formats the network's first address.
impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn given_forwarded_addresses_when_the_client_is_determined_then_only_trusted_proxies_count() {
        let loopback = ["127.0.0.0/8", "::1/128"].map(|text| text.parse().expect("a network"));
        let proxies = TrustedProxies::new(loopback.into());
        let check = |peer: &str, forwarded: &[&str], expected: &str| {
            let mut headers = HeaderMap::new();
            for value in forwarded {
                let value = HeaderValue::from_bytes(value.as_bytes()).expect("a value");
                headers.append(FORWARDED_FOR, value);
            }
            let client = proxies.client(address(peer), &headers);
            assert_eq!(client, address(expected), "{peer} {forwarded:?}");
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
    fn given_addresses_when_counted_then_an_ipv6_network_counts_as_one() {
        let check = |text: &str, expected: &str| {
            assert_eq!(Network::of(address(text)).to_string(), expected, "{text}");
        };
        check("192.0.2.7", "192.0.2.7");
        check("::ffff:192.0.2.7", "192.0.2.7");
        check("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::");
        check("2001:db8:1:3::", "2001:db8:1:3::");
    }
}
