//! The gateway's settings.

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

/// The settings of the gateway: environment variables, or options on the command line.
#[derive(Parser, Clone, Debug)]
#[command(name = "gateway", about = "The only way into the shop")]
pub struct Config {
    /// What every service has.
    #[command(flatten)]
    pub common: Common,
    /// How access tokens are verified.
    #[command(flatten)]
    pub tokens: TokenSettings,
    /// Address and port to listen on.
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:8000")]
    pub listen: SocketAddr,
    /// Addresses of authentication, comma separated.
    #[arg(
        long,
        env = "UPSTREAM_AUTHENTICATION",
        default_value = "http://127.0.0.1:8001",
        value_delimiter = ','
    )]
    pub upstream_authentication: Vec<Origin>,
    /// Addresses of products, comma separated.
    #[arg(
        long,
        env = "UPSTREAM_PRODUCTS",
        default_value = "http://127.0.0.1:8002",
        value_delimiter = ','
    )]
    pub upstream_products: Vec<Origin>,
    /// Addresses of orders, comma separated.
    #[arg(
        long,
        env = "UPSTREAM_ORDERS",
        default_value = "http://127.0.0.1:8003",
        value_delimiter = ','
    )]
    pub upstream_orders: Vec<Origin>,
    /// How the addresses are called.
    #[command(flatten)]
    pub upstream: UpstreamSettings,
    /// How long an anonymous read of the catalogue may wait for a fetch that answers several
    /// readers, before it fetches alone; with `0s` all do.
    #[arg(long, env = "SHARED_READ_PATIENCE", default_value = "250ms", value_parser = duration)]
    pub shared_read_patience: Duration,
    /// Time for a client to send a request's whole body.
    #[arg(long, env = "BODY_TIMEOUT", default_value = "10s", value_parser = duration)]
    pub body_timeout: Duration,
    /// Requests a second that one client address may make; without it there is no limit.
    #[arg(long, env = "RATE_LIMIT_PER_SECOND")]
    pub rate_limit_per_second: Option<NonZeroU32>,
    /// Who is believed about where a request comes from.
    #[command(flatten)]
    pub trusted_proxies: TrustedProxies,
}

/// How upstreams are called.
#[derive(clap::Args, Clone, Debug)]
pub struct UpstreamSettings {
    /// Time for an upstream to begin its answer, all attempts together. An answer that has begun
    /// may take any time.
    #[arg(long, env = "UPSTREAM_TIMEOUT", default_value = "10s", value_parser = duration)]
    pub upstream_timeout: Duration,
    /// Time for one connection to an upstream.
    #[arg(long, env = "UPSTREAM_CONNECT_TIMEOUT", default_value = "1s", value_parser = duration)]
    pub upstream_connect_timeout: Duration,
    /// How long an unused connection is kept; shorter than the services' `HEADER_TIMEOUT`, so that
    /// it is never they who close a connection that is about to be used.
    #[arg(long, env = "UPSTREAM_IDLE_TIMEOUT", default_value = "20s", value_parser = duration)]
    pub upstream_idle_timeout: Duration,
    /// Requests to one upstream that may wait for its answer to begin; more are answered 503.
    #[arg(long, env = "UPSTREAM_MAX_IN_FLIGHT", default_value_t = 1024)]
    pub upstream_max_in_flight: usize,
    /// Failures in a row after which an address is left alone for a while.
    #[arg(long, env = "BREAKER_FAILURES", default_value = "5")]
    pub breaker_failures: NonZeroU32,
    /// How long an address is left alone before one call tries it again.
    #[arg(long, env = "BREAKER_PAUSE", default_value = "500ms", value_parser = duration)]
    pub breaker_pause: Duration,
}

/// Where a service listens: `http://host:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(Authority);

/// The text is not the address of a service.
#[derive(Debug, thiserror::Error)]
#[error("is not an address such as http://127.0.0.1:8001")]
pub struct InvalidOrigin;

impl Origin {
    /// Host and port.
    pub fn authority(&self) -> &Authority {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let uri: Uri = text.trim().parse().map_err(|_| InvalidOrigin)?;
        let is_bare = matches!(
            uri.path_and_query().map(PathAndQuery::as_str),
            None | Some("/")
        );
        match uri.authority() {
            Some(authority)
                if uri.scheme() == Some(&Scheme::HTTP)
                    && is_bare
                    && !authority.as_str().contains('@') =>
            {
                Ok(Self(authority.clone()))
            }
            _ => Err(InvalidOrigin),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_upstream_addresses_when_read_then_only_bare_http_origins_pass() {
        let check = |text: &str, expected: Option<&str>| {
            let origin = text.parse::<Origin>().ok();
            assert_eq!(
                origin.as_ref().map(|origin| origin.0.as_str()),
                expected,
                "{text}"
            );
        };
        check("http://127.0.0.1:8001", Some("127.0.0.1:8001"));
        check(" http://orders:8003/ ", Some("orders:8003"));
        check("https://orders:8003", None);
        check("http://orders:8003/api", None);
        check("http://a@orders:8003", None);
        check("orders:8003", None);
        check("", None);
    }

    #[test]
    fn given_no_settings_but_the_key_set_when_parsed_then_the_defaults_hold() {
        let config =
            Config::try_parse_from(["gateway", "--jwks-url", "http://127.0.0.1:1/jwks"]).unwrap();
        let loopback = std::net::Ipv4Addr::LOCALHOST.into();
        assert!(config.trusted_proxies.contains(loopback));
        assert_eq!(config.upstream_products.len(), 1);
        assert!(config.upstream.upstream_idle_timeout < config.common.header_timeout);
    }
}
