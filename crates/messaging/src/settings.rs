//! Where the broker is, and the names on it.

use clap::Args;
use events::Topics;
use rdkafka::ClientConfig;

/// The settings of a service that talks to Kafka.
#[derive(Args, Clone, Debug)]
pub struct KafkaSettings {
    /// Addresses of the brokers: `host:port`, separated by commas.
    #[arg(long, env = "KAFKA_BROKERS")]
    pub kafka_brokers: String,
    /// What the names of the topics begin with.
    #[arg(long, env = "KAFKA_TOPIC_PREFIX", default_value = "shop")]
    pub kafka_topic_prefix: String,
    /// Name of the consumer group; the service's name if it is not set.
    #[arg(long, env = "KAFKA_GROUP")]
    pub kafka_group: Option<String>,
    /// Partitions of a topic that this service makes: the most replicas that can share its work.
    #[arg(long, env = "KAFKA_PARTITIONS", default_value_t = 6, value_parser = clap::value_parser!(i32).range(1..=1000))]
    pub kafka_partitions: i32,
    /// Copies of each partition of a topic that this service makes.
    #[arg(long, env = "KAFKA_REPLICATION", default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..=9))]
    pub kafka_replication: i32,
    /// How long a replica may be silent before its partitions go to the others. Shorter than 6s
    /// needs a broker that allows it (`group.min.session.timeout.ms`).
    #[arg(long, env = "KAFKA_SESSION_TIMEOUT", default_value = "6s", value_parser = service_kit::settings::duration)]
    pub kafka_session_timeout: std::time::Duration,
}

impl KafkaSettings {
    /// The topics of this shop.
    pub fn topics(&self) -> Topics {
        Topics::with_prefix(&self.kafka_topic_prefix)
    }

    /// What every client of the broker has in common: after an outage it is back within a second.
    pub(crate) fn client(&self, name: &str) -> ClientConfig {
        client(&self.kafka_brokers, name)
    }
}

pub(crate) fn client(brokers: &str, name: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", brokers)
        .set("client.id", name)
        .set("reconnect.backoff.ms", "50")
        .set("reconnect.backoff.max.ms", "500")
        .set("socket.keepalive.enable", "true")
        .set("topic.metadata.refresh.fast.interval.ms", "100")
        // Below this librdkafka writes to standard error by itself; what matters comes back as errors.
        .set_log_level(rdkafka::config::RDKafkaLogLevel::Critical);
    config
}
