//! The settings of the service.

use std::net::SocketAddr;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, value_parser};
use domain::Email;
use identity::SigningSettings;
use mongo::MongoSettings;
use runtime::settings::{Common, duration};
use service_kit::client::TrustedProxies;

use crate::attempt_limits::AttemptLimits;
use crate::refresh::SessionLifetimes;

/// The name of the service in logs, database connections, consumer groups and events.
pub const SERVICE: &str = "authentication";

/// Accounts, passwords and tokens. Every setting is an environment variable.
#[derive(Parser, Clone, Debug)]
#[command(name = "authentication", version = release::VERSION)]
pub struct Config {
    /// Address and port to listen on.
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:8001")]
    pub listen: SocketAddr,
    /// Settings that all services have.
    #[command(flatten)]
    pub common: Common,
    /// The connection to the database.
    #[command(flatten)]
    pub mongo: MongoSettings,
    /// The keys that sign access tokens.
    #[command(flatten)]
    pub signing: SigningSettings,
    /// Sessions and limits.
    #[command(flatten)]
    pub sessions: SessionSettings,
    /// The proxies whose headers are trusted.
    #[command(flatten)]
    pub trusted_proxies: TrustedProxies,
    /// Load development accounts into an empty database. Refused unless every one of `PUBLIC_ORIGINS` and
    /// `PUBLISHED_ADDRESS` is on this machine. Without it, development accounts of earlier starts are
    /// removed.
    #[arg(long, env = "SEED_DATA", default_value_t = false, action = clap::ArgAction::Set)]
    pub seed_data: bool,
    /// The command to run instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The lifetimes of sessions and the limits of attempts.
#[derive(Args, Clone, Debug)]
pub struct SessionSettings {
    /// Lifetime of a session, from the log-in to the last refresh.
    #[arg(long, env = "REFRESH_TOKEN_LIFETIME", default_value = "720h", value_parser = duration)]
    pub refresh_token_lifetime: Duration,
    /// Time after which an unused session ends.
    #[arg(long, env = "REFRESH_TOKEN_IDLE_LIFETIME", default_value = "168h", value_parser = duration)]
    pub refresh_token_idle_lifetime: Duration,
    /// Maximum failed log-ins of an account within the window; 0 for no limit. Each address from which the
    /// account has logged in recently has its own count.
    #[arg(long, env = "FAILED_LOGINS_PER_ACCOUNT", default_value_t = 10)]
    pub failed_logins_per_account: u32,
    /// Maximum failed log-ins from one address within the window; 0 for no limit.
    #[arg(long, env = "FAILED_LOGINS_PER_ADDRESS", default_value_t = 100)]
    pub failed_logins_per_address: u32,
    /// Maximum registrations from one address within the window; 0 for no limit.
    #[arg(long, env = "REGISTRATIONS_PER_ADDRESS", default_value_t = 20)]
    pub registrations_per_address: u32,
    /// Window in which failed log-ins and registrations are counted.
    #[arg(long, env = "FAILED_LOGIN_WINDOW", default_value = "15m", value_parser = duration)]
    pub failed_login_window: Duration,
    /// Maximum number of concurrent password hashes; each uses 19 MiB.
    #[arg(long, env = "PASSWORD_HASHES_AT_ONCE", default_value_t = 2, value_parser = value_parser!(u32).range(1..))]
    pub password_hashes_at_once: u32,
    /// Maximum number of requests that wait for a password hash. Further requests get 429. An
    /// address gets 429 earlier: when it has as many waiting requests as there are free places.
    #[arg(long, env = "PASSWORD_HASHES_WAITING", default_value_t = 100)]
    pub password_hashes_waiting: u32,
}

/// The commands besides serving.
#[derive(Subcommand, Clone, Debug)]
pub enum Command {
    /// Manages admins.
    #[command(subcommand)]
    Admin(AdminCommand),
}

/// The commands for admins.
#[derive(Subcommand, Clone, Debug)]
pub enum AdminCommand {
    /// Creates an admin. The password is read from standard input if that is piped; otherwise a random
    /// one is generated and printed, if standard output is a terminal.
    Create {
        /// The admin's e-mail.
        email: Email,
    },
}

impl SessionSettings {
    pub(crate) fn lifetimes(&self) -> SessionLifetimes {
        SessionLifetimes {
            absolute: self.refresh_token_lifetime,
            idle: self.refresh_token_idle_lifetime,
        }
    }

    pub(crate) fn attempt_limits(&self) -> AttemptLimits {
        AttemptLimits {
            failures_per_account: self.failed_logins_per_account,
            failures_per_address: self.failed_logins_per_address,
            registrations_per_address: self.registrations_per_address,
            window: self.failed_login_window,
        }
    }
}
