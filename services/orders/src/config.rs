//! The settings of the service.

use std::net::SocketAddr;

use clap::{Args, Parser};
use identity::TokenSettings;
use messaging::settings::KafkaSettings;
use mongo::MongoSettings;
use runtime::settings::Common;

use crate::limits::AccountLimits;

/// The name of the service in logs, database connections, consumer groups and events.
pub const SERVICE: &str = "orders";

/// Places orders and streams their status changes. Every setting is an environment variable.
#[derive(Parser, Clone, Debug)]
#[command(name = "orders", version = release::VERSION)]
pub struct Config {
    /// Address and port to listen on.
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:8003")]
    pub listen: SocketAddr,
    /// Settings that all services have.
    #[command(flatten)]
    pub common: Common,
    /// The connection to the database.
    #[command(flatten)]
    pub mongo: MongoSettings,
    /// The connection to the broker.
    #[command(flatten)]
    pub kafka: KafkaSettings,
    /// The verification of access tokens.
    #[command(flatten)]
    pub tokens: TokenSettings,
    /// The limits of an account.
    #[command(flatten)]
    pub limits: LimitSettings,
    /// Load development data into an empty database. Refused unless every one of `PUBLIC_ORIGINS` and
    /// `PUBLISHED_ADDRESS` is on this machine.
    #[arg(long, env = "SEED_DATA", default_value_t = false, action = clap::ArgAction::Set)]
    pub seed_data: bool,
}

/// The limits of an account.
#[derive(Args, Clone, Debug)]
pub struct LimitSettings {
    /// Maximum items in an account's pending orders; 0: no limit.
    #[arg(long, env = "PENDING_ITEMS_PER_ACCOUNT", default_value_t = 10_000)]
    pub pending_items_per_account: u64,
    /// Maximum orders that an account places in an hour; 0: no limit.
    #[arg(long, env = "ORDERS_PER_ACCOUNT_PER_HOUR", default_value_t = 200)]
    pub orders_per_account_per_hour: u64,
}

impl LimitSettings {
    pub(crate) fn account_limits(&self) -> AccountLimits {
        let limit = |number: u64| Some(number).filter(|number| *number > 0);
        AccountLimits {
            pending_items: limit(self.pending_items_per_account),
            orders: limit(self.orders_per_account_per_hour),
        }
    }
}
