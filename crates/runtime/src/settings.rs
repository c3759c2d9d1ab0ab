//! Settings from environment variables, typed and parsed once.
//!
//! Each service declares its settings as one `clap` struct whose arguments all have an `env`
//! name. [`parse`] reads it; [`document`] renders it as a table of `docs/settings.md`.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::Duration;

use clap::{Args, CommandFactory, Parser};

use crate::origin::Origin;

/// The settings of every service.
#[derive(Args, Clone, Debug)]
pub struct Common {
    /// Log format: `text` for reading, `json` for log collectors.
    #[arg(long, env = "LOG_FORMAT", default_value = "json")]
    pub log_format: LogFormat,
    /// Log filter, in the syntax of `tracing`'s `EnvFilter`, such as `info,orders=debug`.
    #[arg(long, env = "LOG_LEVEL", default_value = "info,rdkafka=off")]
    pub log_level: String,
    /// How long a service still accepts connections at shutdown after its readiness turned false.
    #[arg(long, env = "DRAIN_DELAY", default_value = "0s", value_parser = duration)]
    pub drain_delay: Duration,
    /// How long running requests may take at shutdown before their connections are closed.
    #[arg(long, env = "DRAIN_TIMEOUT", default_value = "10s", value_parser = duration)]
    pub drain_timeout: Duration,
    /// Timeout for receiving a request's headers; also the idle timeout of a connection.
    #[arg(long, env = "HEADER_TIMEOUT", default_value = "30s", value_parser = duration)]
    pub header_timeout: Duration,
    /// Timeout for a client that does not read its response; then its connection is closed.
    #[arg(long, env = "WRITE_TIMEOUT", default_value = "30s", value_parser = duration)]
    pub write_timeout: Duration,
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
    /// Check whether the running service is ready: exit code 0 if it is, 1 otherwise.
    #[arg(long)]
    pub healthcheck: bool,
}

/// The format of log lines.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object per line.
    Json,
}

/// A setting for development is on, and others than the developer can reach the shop.
#[derive(Debug, thiserror::Error)]
#[error("{setting}=true is for development, but {reason}; set {setting}=false")]
pub struct DevelopmentOnly {
    setting: &'static str,
    reason: String,
}

/// A text is not a duration.
#[derive(Debug, thiserror::Error)]
#[error("'{text}' is not a duration such as 250ms, 5s or 15m")]
pub struct InvalidDuration {
    text: String,
    source: jiff::Error,
}

impl Common {
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

/// Reads the settings from the environment and the command line. Ends the process with a message
/// that names the invalid setting.
pub fn parse<S: Parser>() -> S {
    S::try_parse().unwrap_or_else(|error| {
        let _ = error.print();
        std::process::exit(i32::from(error.use_stderr()))
    })
}

/// Parses a duration such as `250ms`, `5s` or `15m`.
pub fn duration(text: &str) -> Result<Duration, InvalidDuration> {
    text.parse::<jiff::SignedDuration>()
        .and_then(Duration::try_from)
        .map_err(|source| InvalidDuration {
            text: text.to_owned(),
            source,
        })
}

/// Renders the settings of `S` as a Markdown table: name, default, meaning.
pub fn document<S: CommandFactory>() -> String {
    let mut rows = String::from("| variable | default | meaning |\n|---|---|---|\n");
    for argument in S::command().get_arguments() {
        let Some(name) = argument.get_env().and_then(|name| name.to_str()) else {
            continue;
        };
        let default = argument
            .get_default_values()
            .first()
            .and_then(|value| value.to_str())
            .map_or_else(|| "—".to_owned(), |value| format!("`{value}`"));
        let meaning = argument
            .get_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        // Writing to a String cannot fail.
        let _ = writeln!(rows, "| `{name}` | {default} | {meaning} |");
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_durations_when_parsed_then_only_valid_ones_pass() {
        let check = |text: &str, expected: Option<Duration>| {
            assert_eq!(duration(text).ok(), expected, "{text}");
        };
        check("250ms", Some(Duration::from_millis(250)));
        check("15m", Some(Duration::from_mins(15)));
        check("5", None);
        check("-5s", None);
        check("", None);
        check("soon", None);
    }

    #[derive(Parser)]
    struct Config {
        #[command(flatten)]
        common: Common,
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
            let error = config.common.check_development(seed_data).err();
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
