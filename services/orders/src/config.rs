//! The settings of the service.

use std::net::SocketAddr;

use clap::Parser;
use identity::TokenSettings;
use messaging::settings::KafkaSettings;
use mongo::MongoSettings;
use runtime::settings::Common;

/// The name of the service in logs, database connections, consumer groups and events.
pub const SERVICE: &str = "orders";

/// Places orders and streams their status changes. Every setting is an environment variable.
#[derive(Parser, Clone, Debug)]
#[command(name = "orders", version)]
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
    /// Load development data into an empty database. Refused unless every one of `PUBLIC_ORIGINS` is on
    /// this machine.
    #[arg(long, env = "SEED_DATA", default_value_t = false, action = clap::ArgAction::Set)]
    pub seed_data: bool,
}
