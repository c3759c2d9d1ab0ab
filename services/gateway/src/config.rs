//! The settings of the service.

use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use clap::Parser;
use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};
use identity::TokenSettings;
use runtime::settings::{Common, duration};
use service_kit::client::TrustedProxies;

/// The name of the service in logs, database connections, consumer groups and events.
pub const SERVICE: &str = "gateway";

/// The only entry point of the shop. Every setting is an environment variable.
#[derive(Parser, Clone, Debug)]
#[command(name = "gateway", version = release::VERSION)]
pub struct Config {
    /// Address and port to listen on.
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:8000")]
    pub listen: SocketAddr,
    /// Settings that all services have.
    #[command(flatten)]
    pub common: Common,
    /// The verification of access tokens.
    #[command(flatten)]
    pub tokens: TokenSettings,
    /// Addresses of authentication, separated by commas.
    #[arg(
        long,
        env = "UPSTREAM_AUTHENTICATION",
        default_value = "http://127.0.0.1:8001",
        value_delimiter = ','
    )]
    pub upstream_authentication: Vec<UpstreamAddress>,
    /// Addresses of products, separated by commas.
    #[arg(
        long,
        env = "UPSTREAM_PRODUCTS",
        default_value = "http://127.0.0.1:8002",
        value_delimiter = ','
    )]
    pub upstream_products: Vec<UpstreamAddress>,
    /// Addresses of orders, separated by commas.
    #[arg(
        long,
        env = "UPSTREAM_ORDERS",
        default_value = "http://127.0.0.1:8003",
        value_delimiter = ','
    )]
    pub upstream_orders: Vec<UpstreamAddress>,
    /// Settings for calls to these addresses.
    #[command(flatten)]
    pub upstream: UpstreamSettings,
    /// Time that a catalogue read without a token waits for a shared fetch before it fetches alone;
    /// `0s` disables sharing.
    #[arg(
        long = "shared-read-timeout",
        env = "SHARED_READ_TIMEOUT",
        default_value = "250ms",
        value_parser = duration
    )]
    pub shared_read_timeout: Duration,
    /// Time for a client to send a complete request body.
    #[arg(long, env = "BODY_TIMEOUT", default_value = "10s", value_parser = duration)]
    pub body_timeout: Duration,
    /// Requests per second that one client address may make; no limit if it is not set.
    #[arg(long, env = "RATE_LIMIT_PER_SECOND")]
    pub rate_limit_per_second: Option<NonZeroU32>,
    /// The proxies whose headers are trusted.
    #[command(flatten)]
    pub trusted_proxies: TrustedProxies,
}

/// Settings for calls to upstreams.
#[derive(clap::Args, Clone, Debug)]
pub struct UpstreamSettings {
    /// Time for an upstream to start its response, over all attempts. The rest of the response may
    /// take any time.
    #[arg(long, env = "UPSTREAM_TIMEOUT", default_value = "10s", value_parser = duration)]
    pub upstream_timeout: Duration,
    /// Time for one connection attempt to an upstream.
    #[arg(long, env = "UPSTREAM_CONNECT_TIMEOUT", default_value = "1s", value_parser = duration)]
    pub upstream_connect_timeout: Duration,
    /// Time that an idle connection stays open. It must be shorter than the services'
    /// `HEADER_TIMEOUT`, so that a service never closes a connection that is about to be reused.
    #[arg(long, env = "UPSTREAM_IDLE_TIMEOUT", default_value = "20s", value_parser = duration)]
    pub upstream_idle_timeout: Duration,
    /// Maximum number of requests that wait for one upstream's response to start; more are answered
    /// 503.
    #[arg(long, env = "UPSTREAM_MAX_IN_FLIGHT", default_value_t = 1024)]
    pub upstream_max_in_flight: usize,
    /// Consecutive failures after which an address's circuit breaker opens.
    #[arg(long, env = "BREAKER_FAILURES", default_value = "5")]
    pub breaker_failures: NonZeroU32,
    /// Time that a circuit breaker stays open before one call probes the address.
    #[arg(long, env = "BREAKER_PAUSE", default_value = "500ms", value_parser = duration)]
    pub breaker_pause: Duration,
}

/// The address of a service: `http://host:port`, or `https://host:port` with `TLS_CA_FILE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamAddress {
    scheme: Scheme,
    authority: Authority,
}

/// The text is not a bare `http` or `https` address.
#[derive(Debug, thiserror::Error)]
#[error("not an address such as http://127.0.0.1:8001")]
pub struct InvalidUpstreamAddress;

impl UpstreamAddress {
    /// HTTP or HTTPS.
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// Host and port.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }
}

impl fmt::Display for UpstreamAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.authority.fmt(formatter)
    }
}

impl FromStr for UpstreamAddress {
    type Err = InvalidUpstreamAddress;

    fn from_str(text: &str) -> Result<Self, InvalidUpstreamAddress> {
        let uri: Uri = text.trim().parse().map_err(|_| InvalidUpstreamAddress)?;
        let is_bare = matches!(
            uri.path_and_query().map(PathAndQuery::as_str),
            None | Some("/")
        );
        match (uri.scheme(), uri.authority()) {
            (Some(scheme), Some(authority))
                if [Scheme::HTTP, Scheme::HTTPS].contains(scheme)
                    && is_bare
                    && !authority.as_str().contains('@') =>
            {
                Ok(Self {
                    scheme: scheme.clone(),
                    authority: authority.clone(),
                })
            }
            _ => Err(InvalidUpstreamAddress),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_upstream_addresses_when_parsed_then_only_bare_origins_pass() {
        let check = |text: &str, expected: Option<&str>| {
            let address = text.parse::<UpstreamAddress>().ok();
            let authority = address.as_ref().map(|address| address.authority.as_str());
            assert_eq!(authority, expected, "{text}");
        };
        check("http://127.0.0.1:8001", Some("127.0.0.1:8001"));
        check(" http://orders:8003/ ", Some("orders:8003"));
        check("https://orders:8003", Some("orders:8003"));
        check("ftp://orders:8003", None);
        check("http://orders:8003/api", None);
        check("http://a@orders:8003", None);
        check("orders:8003", None);
        check("", None);
    }

    #[test]
    fn given_only_the_key_set_url_when_parsed_then_the_defaults_apply() {
        let config =
            Config::try_parse_from(["gateway", "--jwks-url", "http://127.0.0.1:1/jwks"]).unwrap();
        let loopback = std::net::Ipv4Addr::LOCALHOST.into();
        assert!(config.trusted_proxies.contains(loopback));
        assert_eq!(config.upstream_products.len(), 1);
        assert!(config.upstream.upstream_idle_timeout < config.common.header_timeout);
    }
}
