//! What is attacked.

use std::net::{SocketAddr, ToSocketAddrs as _};

use anyhow::{Context as _, Result, bail};

/// One of the shop's servers.
#[derive(Clone, Debug)]
pub struct Target {
    /// Which one.
    pub kind: Kind,
    /// As it is in the Host header.
    pub(crate) authority: String,
    pub(crate) address: SocketAddr,
}

/// Which of the shop's servers it is: they have different paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// nginx, in front of everything.
    Edge,
    /// The only way to the services.
    Gateway,
    /// A service, called around the gateway.
    Authentication,
    /// A service, called around the gateway.
    Products,
    /// A service, called around the gateway.
    Orders,
}

impl Target {
    /// A server at an address such as `http://localhost:8000`. Only plain HTTP is spoken.
    pub fn new(kind: Kind, url: &str) -> Result<Self> {
        let Some(authority) = url.strip_prefix("http://") else {
            bail!("'{url}' is no address such as http://localhost:8000");
        };
        let authority = authority.trim_end_matches('/').to_owned();
        let with_port = if authority.contains(':') {
            authority.clone()
        } else {
            format!("{authority}:80")
        };
        let address = with_port
            .to_socket_addrs()
            .with_context(|| format!("'{authority}' is not known"))?
            // Services listen on IPv4 where nothing else was said.
            .find(SocketAddr::is_ipv4)
            .with_context(|| format!("'{authority}' has no IPv4 address"))?;
        Ok(Self {
            kind,
            authority,
            address,
        })
    }

    /// A call with a body that it takes.
    pub(crate) fn post_path(&self) -> &'static str {
        match self.kind {
            Kind::Edge | Kind::Gateway | Kind::Authentication => "/api/login",
            Kind::Products => "/api/products",
            Kind::Orders => "/api/orders",
        }
    }

    /// A call that needs a token.
    pub(crate) fn guarded_path(&self) -> &'static str {
        match self.kind {
            Kind::Edge | Kind::Gateway | Kind::Orders => "/api/orders",
            Kind::Authentication => "/api/me",
            // It may be called by anybody, but not with a token that is none.
            Kind::Products => "/api/products",
        }
    }

    /// Whether the guarded path is also open to visitors.
    pub(crate) fn is_open_to_visitors(&self) -> bool {
        self.kind == Kind::Products
    }
}

impl Kind {
    /// As in the table.
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
