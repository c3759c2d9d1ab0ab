//! The settings of the service.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Parser;
use identity::TokenSettings;
use messaging::settings::KafkaSettings;
use mongo::MongoSettings;
use runtime::lifecycle::Failure;
use runtime::settings::Common;

/// The name of the service in logs, database connections, consumer groups and events.
pub const SERVICE: &str = "products";

/// The catalogue and the stock. Every setting is an environment variable.
#[derive(Parser, Clone, Debug)]
#[command(name = "products", version = release::VERSION)]
pub struct Config {
    /// Address and port to listen on.
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:8002")]
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
    /// Time in which the states of all products are published once more, by one of the replicas.
    #[arg(long, env = "REPUBLISH_INTERVAL", default_value = "10m", value_parser = runtime::settings::duration)]
    pub republish_interval: Duration,
    /// Age after which decisions, and the recorded responses of changes with an idempotency key, are
    /// archived; longer than `KAFKA_RETENTION`. An order without a decision that is older than the
    /// archived ones becomes a dead letter.
    #[arg(long, env = "ARCHIVE_AFTER", default_value = "720h", value_parser = runtime::settings::duration)]
    pub archive_after: Duration,
    /// How often old documents are looked for.
    #[arg(long, env = "ARCHIVE_INTERVAL", default_value = "1h", value_parser = runtime::settings::duration)]
    pub archive_interval: Duration,
    /// Load development data into an empty database. Refused unless every one of `PUBLIC_ORIGINS` and
    /// `PUBLISHED_ADDRESS` is on this machine.
    #[arg(long, env = "SEED_DATA", default_value_t = false, action = clap::ArgAction::Set)]
    pub seed_data: bool,
}

impl Config {
    /// Refuses settings that contradict each other.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        self.common.exposure.check_development(self.seed_data)?;
        if self.archive_after <= self.kafka.kafka_retention {
            return Err("set ARCHIVE_AFTER to more than KAFKA_RETENTION".into());
        }
        Ok(())
    }
}
