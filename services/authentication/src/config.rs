//! The settings of this service.

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use domain::Email;
use identity::SigningSettings;
use mongo::MongoSettings;
use runtime::settings::{Common, duration};
use service_kit::client::TrustedProxies;

use crate::rules::attempts::AttemptLimits;
use crate::rules::refresh::SessionLifetimes;

/// Accounts, passwords and tokens. Every setting is an environment variable.
#[derive(Parser, Clone, Debug)]
#[command(name = "authentication", version)]
pub struct Config {
    /// Address to listen on.
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:8001")]
    pub listen: SocketAddr,
    /// What every service has.
    #[command(flatten)]
    pub common: Common,
    /// The database.
    #[command(flatten)]
    pub mongo: MongoSettings,
    /// What access tokens are signed with.
    #[command(flatten)]
    pub signing: SigningSettings,
    /// Sessions and their limits.
    #[command(flatten)]
    pub sessions: SessionSettings,
    /// Who is believed about where a call comes from.
    #[command(flatten)]
    pub trusted_proxies: TrustedProxies,
    /// Where our own pages are, such as `https://shop.example`, separated by commas: they alone may
    /// keep a session in a cookie.
    #[arg(long, env = "PUBLIC_ORIGINS", value_delimiter = ',')]
    pub public_origins: Vec<Origin>,
    /// Load development accounts into an empty database.
    #[arg(long, env = "SEED_DATA", default_value_t = false, action = clap::ArgAction::Set)]
    pub seed_data: bool,
    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// How long sessions live, and what guessing and registering are allowed.
#[derive(Args, Clone, Debug)]
pub struct SessionSettings {
    /// How long after log-in the last refresh is possible.
    #[arg(long, env = "REFRESH_TOKEN_LIFETIME", default_value = "720h", value_parser = duration)]
    pub refresh_token_lifetime: Duration,
    /// How long a session may go unused.
    #[arg(long, env = "REFRESH_TOKEN_IDLE_LIFETIME", default_value = "168h", value_parser = duration)]
    pub refresh_token_idle_lifetime: Duration,
    /// Failed log-ins for one account within the window, after which it has to wait; counted apart
    /// for each address that the account has logged in from lately.
    #[arg(long, env = "FAILED_LOGINS_PER_ACCOUNT", default_value_t = 10, value_parser = at_least_one)]
    pub failed_logins_per_account: u32,
    /// Failed log-ins from one address within the window, after which it has to wait.
    #[arg(long, env = "FAILED_LOGINS_PER_ADDRESS", default_value_t = 100, value_parser = at_least_one)]
    pub failed_logins_per_address: u32,
    /// Registrations from one address within the window, after which it has to wait.
    #[arg(long, env = "REGISTRATIONS_PER_ADDRESS", default_value_t = 1000, value_parser = at_least_one)]
    pub registrations_per_address: u32,
    /// How long a failed log-in counts, and a registration.
    #[arg(long, env = "FAILED_LOGIN_WINDOW", default_value = "15m", value_parser = duration)]
    pub failed_login_window: Duration,
    /// Passwords that are hashed at the same time; each takes 19 MiB.
    #[arg(long, env = "PASSWORD_HASHES_AT_ONCE", default_value_t = 2, value_parser = at_least_one)]
    pub password_hashes_at_once: u32,
    /// Calls that may wait for their password to be hashed; further ones are answered 429, and
    /// those from one address sooner than those from others.
    #[arg(long, env = "PASSWORD_HASHES_WAITING", default_value_t = 100)]
    pub password_hashes_waiting: u32,
}

/// What the program can do besides serving.
#[derive(Subcommand, Clone, Debug)]
pub enum Command {
    /// Looks after admins.
    #[command(subcommand)]
    Admin(AdminCommand),
}

/// What can be done about admins.
#[derive(Subcommand, Clone, Debug)]
pub enum AdminCommand {
    /// Creates an admin. The password is read from standard input if something is piped in,
    /// otherwise it is made and printed.
    Create {
        /// The admin's e-mail.
        email: Email,
    },
}

impl SessionSettings {
    /// How long sessions live.
    pub(crate) fn lifetimes(&self) -> SessionLifetimes {
        SessionLifetimes {
            absolute: self.refresh_token_lifetime,
            idle: self.refresh_token_idle_lifetime,
        }
    }

    /// What guessing and registering are allowed.
    pub(crate) fn attempt_limits(&self) -> AttemptLimits {
        AttemptLimits {
            failures_per_account: self.failed_logins_per_account,
            failures_per_address: self.failed_logins_per_address,
            registrations_per_address: self.registrations_per_address,
            window: self.failed_login_window,
        }
    }
}

/// Scheme, host and port of a page, exactly as browsers write them in `Origin` (RFC 6454, 6.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// As in the header.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || {
            format!(
                "'{text}' is not an origin such as https://shop.example or http://localhost:8080"
            )
        };
        let uri: http::Uri = text.parse().map_err(|_| refused())?;
        let scheme = uri.scheme_str().ok_or_else(refused)?;
        let authority = uri.authority().ok_or_else(refused)?;
        let usual_port = if scheme == "https" { 443 } else { 80 };
        let written = format!("{scheme}://{authority}");
        let is_origin = matches!(scheme, "http" | "https")
            && written == text
            && text == text.to_ascii_lowercase()
            && !authority.as_str().contains('@')
            && authority.port_u16() != Some(usual_port);
        is_origin.then_some(Self(written)).ok_or_else(refused)
    }
}

fn at_least_one(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(format!("'{text}' is not a whole number from 1 on")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_texts_when_read_as_origins_then_only_what_a_browser_would_send_passes() {
        for right in [
            "https://shop.example",
            "http://localhost:8080",
            "http://[::1]:8080",
        ] {
            assert_eq!(
                right.parse::<Origin>().map(|origin| origin.0),
                Ok(right.to_owned())
            );
        }
        for wrong in [
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
            assert!(wrong.parse::<Origin>().is_err(), "{wrong}");
        }
    }
}
