//! Where a call came from.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use http::HeaderMap;
use http::request::Parts;
use service_kit::problem::Problem;

/// The client's address: the last hop of `X-Forwarded-For`, which is the one that our gateway
/// saw and not one that the client made up; without it the peer.
pub(crate) struct ClientAddress(pub(crate) IpAddr);

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|peer| peer.0.ip());
        let unknown = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        Ok(Self(last_hop(&parts.headers).or(peer).unwrap_or(unknown)))
    }
}

fn last_hop(headers: &HeaderMap) -> Option<IpAddr> {
    let hops = headers
        .get_all("x-forwarded-for")
        .iter()
        .next_back()?
        .to_str()
        .ok()?;
    hops.rsplit(',').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_forwarded_headers_when_read_then_the_last_hop_counts() {
        let check = |values: &[&str], expected: Option<&str>| {
            let headers: HeaderMap = values
                .iter()
                .map(|value| {
                    (
                        "x-forwarded-for".parse().expect("a name"),
                        value.parse().expect("a value"),
                    )
                })
                .collect();
            let expected = expected.map(|address| address.parse::<IpAddr>().expect("an address"));
            assert_eq!(last_hop(&headers), expected, "{values:?}");
        };
        check(&[], None);
        check(&["192.0.2.1"], Some("192.0.2.1"));
        check(&["10.0.0.1, 192.0.2.1"], Some("192.0.2.1"));
        check(&["192.0.2.9", "10.0.0.1,2001:db8::1"], Some("2001:db8::1"));
        check(&["192.0.2.1, unknown"], None);
    }
}
