//! The servers that are attacked.

use std::net::{SocketAddr, ToSocketAddrs as _};

use anyhow::{Context as _, Result, bail};

/// A server of the shop.
#[derive(Clone, Debug)]
pub struct Target {
    /// Which server it is.
    pub kind: Kind,
    /// Value of the Host header.
    pub(crate) authority: String,
    pub(crate) address: SocketAddr,
}

/// The servers of the shop, which have different paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// nginx, in front of the gateway.
    Edge,
    /// The entry point to the services.
    Gateway,
    /// The service, called directly.
    Authentication,
    /// The service, called directly.
    Products,
    /// The service, called directly.
    Orders,
}

impl Target {
    /// Resolves an address such as `http://localhost:8000`; only plain HTTP is supported.
    pub fn new(kind: Kind, url: &str) -> Result<Self> {
        let Some(authority) = url.strip_prefix("http://") else {
            bail!("'{url}' is not an address such as http://localhost:8000");
        };
        let authority = authority.trim_end_matches('/').to_owned();
        let with_port = if authority.contains(':') {
            authority.clone()
        } else {
            format!("{authority}:80")
        };
        let address = with_port
            .to_socket_addrs()
            .with_context(|| format!("cannot resolve '{authority}'"))?
            // By default the services listen on IPv4 only.
            .find(SocketAddr::is_ipv4)
            .with_context(|| format!("'{authority}' has no IPv4 address"))?;
        Ok(Self {
            kind,
            authority,
            address,
        })
    }

    /// Path of a POST with a body.
    pub(crate) fn post_path(&self) -> &'static str {
        match self.kind {
            Kind::Edge | Kind::Gateway | Kind::Authentication => "/api/login",
            Kind::Products => "/api/products",
            Kind::Orders => "/api/orders",
        }
    }

    /// Path of a GET that checks the token.
    pub(crate) fn protected_path(&self) -> &'static str {
        match self.kind {
            Kind::Edge | Kind::Gateway | Kind::Orders => "/api/orders",
            Kind::Authentication => "/api/me",
            // Public, but an invalid token is refused.
            Kind::Products => "/api/products",
        }
    }

    /// Whether the protected path can also be called without a token.
    pub(crate) fn is_public(&self) -> bool {
        self.kind == Kind::Products
    }
}

impl Kind {
    /// Name in the result table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Edge => "edge",
            Self::Gateway => "gateway",
            Self::Authentication => "authentication",
            Self::Products => "products",
            Self::Orders => "orders",
        }
    }
}
