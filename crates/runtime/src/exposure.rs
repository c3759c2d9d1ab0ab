//! Who can reach the shop, and the settings that are refused if it is not only its developer.

use std::net::IpAddr;

use clap::Args;

use crate::origin::Origin;

/// The settings that say who can reach the shop.
#[derive(Args, Clone, Debug)]
pub struct Exposure {
    /// Origins of the shop's pages, such as `https://shop.example`, separated by commas. Only they may
    /// keep a session in a cookie. Without TLS (`http://`) only `localhost` and loopback addresses are
    /// accepted.
    #[arg(long, env = "PUBLIC_ORIGINS", value_delimiter = ',')]
    pub public_origins: Vec<Origin>,
    /// The address of this machine on which a container engine publishes the shop. The service itself
    /// does not listen on it.
    #[arg(long, env = "PUBLISHED_ADDRESS", default_value = "127.0.0.1")]
    pub published_address: IpAddr,
    /// Offer `GET /api/NAME_error` to admins, which ends the process to demonstrate how the shop
    /// recovers. Refused unless every one of `PUBLIC_ORIGINS` and `PUBLISHED_ADDRESS` is on this machine.
    #[arg(long, env = "CHAOS_ENDPOINTS", default_value_t = false, action = clap::ArgAction::Set)]
    pub chaos_endpoints: bool,
}

/// A setting for development is on, and other machines can reach the shop.
#[derive(Debug, thiserror::Error)]
#[error("{setting}=true is for development, but {reason}; set {setting}=false")]
pub struct DevelopmentOnly {
    setting: &'static str,
    reason: String,
}

impl Exposure {
    /// Refuses `CHAOS_ENDPOINTS` and, if it is on, `SEED_DATA` unless the shop can only be reached from
    /// this machine: the development accounts have public passwords.
    pub fn check_development(&self, seed_data: bool) -> Result<(), DevelopmentOnly> {
        let Some(reason) = self.public_reason() else {
            return Ok(());
        };
        let settings = [
            ("SEED_DATA", seed_data),
            ("CHAOS_ENDPOINTS", self.chaos_endpoints),
        ];
        match settings.into_iter().find(|(_, is_on)| *is_on) {
            Some((setting, _)) => Err(DevelopmentOnly { setting, reason }),
            None => Ok(()),
        }
    }

    /// Why other machines can reach the shop; `None` if they cannot.
    fn public_reason(&self) -> Option<String> {
        let is_public = |origin: &&Origin| !origin.is_loopback();
        if let Some(origin) = self.public_origins.iter().find(is_public) {
            return Some(format!(
                "PUBLIC_ORIGINS contains {}, which is not on this machine",
                origin.as_str()
            ));
        }
        let address = self.published_address;
        (!address.to_canonical().is_loopback())
            .then(|| format!("the shop is published at {address}, which other machines can reach"))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Config {
        #[command(flatten)]
        exposure: Exposure,
    }

    #[test]
    fn given_settings_for_development_when_the_shop_is_public_then_they_are_refused() {
        let check = |origins: &str, address: &str, development: [bool; 2], expected: &[&str]| {
            let [seed_data, chaos] = development;
            let arguments = [
                "test".to_owned(),
                format!("--public-origins={origins}"),
                format!("--published-address={address}"),
                format!("--chaos-endpoints={chaos}"),
            ];
            let config = Config::try_parse_from(arguments).expect("valid");
            let error = config.exposure.check_development(seed_data).err();
            let error = error.map(|error| error.to_string()).unwrap_or_default();
            assert_eq!(error.is_empty(), expected.is_empty(), "{error}");
            for part in expected {
                assert!(error.contains(part), "{error}");
            }
        };
        let (local, mixed) = ("http://localhost:8080", "http://[::1],https://shop.example");
        for address in ["127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1"] {
            check(local, address, [true, true], &[]);
        }
        check(mixed, "0.0.0.0", [false, false], &[]);
        let origin = "https://shop.example";
        check(mixed, "::1", [true, false], &["SEED_DATA=false", origin]);
        check(
            mixed,
            "::1",
            [false, true],
            &["CHAOS_ENDPOINTS=false", origin],
        );
        for address in ["0.0.0.0", "::", "192.168.1.7"] {
            check(local, address, [true, false], &["SEED_DATA=false", address]);
        }
    }
}
