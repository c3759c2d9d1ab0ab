//! The origins of the shop's pages.

use std::net::IpAddr;
use std::str::FromStr;

use http::Uri;

/// The origin of a page, exactly as browsers send it in the `Origin` header (RFC 6454, 6.2). It has TLS
/// or is on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    text: String,
    is_loopback: bool,
}

/// A text is not an origin that a shop can have.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOrigin {
    /// It is not what a browser sends.
    #[error("'{0}' is not an origin such as https://shop.example or http://localhost:8080")]
    Malformed(String),
    /// It has no TLS, so others on the network could read passwords and tokens.
    #[error(
        "'{0}' is not encrypted and not on this machine; use https://, and let a proxy in front of \
         the edge terminate TLS"
    )]
    Unencrypted(String),
}

impl Origin {
    /// Returns the value of the header.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether only browsers on this machine can have it: `localhost`, 127.0.0.0/8 or `[::1]`.
    pub fn is_loopback(&self) -> bool {
        self.is_loopback
    }
}

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let malformed = || InvalidOrigin::Malformed(text.to_owned());
        let uri: Uri = text.parse().map_err(|_| malformed())?;
        let scheme = uri.scheme_str().ok_or_else(malformed)?;
        let authority = uri.authority().ok_or_else(malformed)?;
        let default_port = if scheme == "https" { 443 } else { 80 };
        let serialised = format!("{scheme}://{authority}");
        let is_origin = matches!(scheme, "http" | "https")
            && serialised == text
            && text == text.to_ascii_lowercase()
            && !authority.as_str().contains('@')
            && authority.port_u16() != Some(default_port);
        if !is_origin {
            return Err(malformed());
        }
        let is_loopback = is_loopback(authority.host());
        if scheme == "http" && !is_loopback {
            return Err(InvalidOrigin::Unencrypted(text.to_owned()));
        }
        Ok(Self {
            text: serialised,
            is_loopback,
        })
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    match address.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        // Every name under localhost is this machine (RFC 6761, 6.3).
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_texts_when_parsed_as_origins_then_only_those_that_browsers_send_are_accepted() {
        for (valid, is_loopback) in [
            ("https://shop.example", false),
            ("https://192.0.2.1:8443", false),
            ("https://localhost", true),
            ("http://localhost:8080", true),
            ("http://shop.localhost:8080", true),
            ("http://127.0.0.2:8080", true),
            ("http://[::1]:8080", true),
        ] {
            let origin: Origin = valid.parse().expect(valid);
            assert_eq!(origin.as_str(), valid);
            assert_eq!(origin.is_loopback(), is_loopback, "{valid}");
        }
        for malformed in [
            "",
            "shop.example",
            "https://shop.example/",
            "https://Shop.example",
            "https://shop.example:443",
            "http://shop.example:80",
            "https://a@shop.example",
            "ftp://shop.example",
            "https://shop.example/a?b",
            "*",
            "null",
        ] {
            let error = malformed.parse::<Origin>().expect_err(malformed);
            assert_eq!(error, InvalidOrigin::Malformed(malformed.to_owned()));
        }
        for unencrypted in [
            "http://shop.example",
            "http://192.168.0.7:8080",
            "http://0.0.0.0:8080",
            "http://localhost.shop.example",
            "http://notlocalhost",
        ] {
            let error = unencrypted.parse::<Origin>().expect_err(unencrypted);
            assert_eq!(error, InvalidOrigin::Unencrypted(unencrypted.to_owned()));
        }
    }
}
