//! The Kafka settings of a service and the client configuration made from them.

use std::net::Ipv6Addr;
use std::num::NonZeroU16;
use std::ops::RangeInclusive;
use std::time::Duration;

use clap::Args;
use events::Topics;
use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use runtime::lifecycle::Failure;
use runtime::secret::{self, SecretError};
use secrecy::{ExposeSecret as _, SecretString};

/// The default number of partitions of a topic.
pub const DEFAULT_PARTITIONS: u16 = 12;

/// The Kafka settings of a service.
#[derive(Args, Clone, Debug)]
pub struct KafkaSettings {
    /// Addresses of the Kafka brokers: `host:port`, separated by commas.
    #[arg(long, env = "KAFKA_BROKERS", value_parser = brokers)]
    pub kafka_brokers: String,
    /// The SASL credentials.
    #[command(flatten)]
    pub login: KafkaLogin,
    /// Prefix of the topic names. Kafka's access rules allow only the prefix with which the set-up ran.
    #[arg(long, env = "KAFKA_TOPIC_PREFIX", default_value = "shop", value_parser = prefix)]
    pub kafka_topic_prefix: String,
    /// Consumer group; the service's name if unset or empty. Kafka's access rules allow no other one.
    #[arg(long, env = "KAFKA_GROUP")]
    pub kafka_group: Option<String>,
    /// Partitions of topics that this service creates: the maximum of replicas that share the work.
    /// An existing topic keeps its number until `events topics --grow` raises it.
    #[arg(long, env = "KAFKA_PARTITIONS", default_value_t = DEFAULT_PARTITIONS.into(), value_parser = clap::value_parser!(i32).range(1..=1000))]
    pub kafka_partitions: i32,
    /// Replication factor of topics that this service creates.
    #[arg(long, env = "KAFKA_REPLICATION", default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..=9))]
    pub kafka_replication: i32,
    /// Retention of messages in topics that this service creates; dead letters are kept forever.
    #[arg(long, env = "KAFKA_RETENTION", default_value = "168h", value_parser = runtime::settings::duration)]
    pub kafka_retention: Duration,
    /// Session timeout of the consumer, 1s to 5m: after it the partitions of a silent replica are
    /// assigned to others. Below 6s the broker must allow it (`group.min.session.timeout.ms`).
    #[arg(long, env = "KAFKA_SESSION_TIMEOUT", default_value = "6s", value_parser = session_timeout)]
    pub kafka_session_timeout: Duration,
}

/// The SASL PLAIN credentials of a client, without which it connects anonymously, and TLS.
#[derive(Args, Clone, Debug)]
pub struct KafkaLogin {
    /// User name for SASL PLAIN; without it the client connects anonymously.
    #[arg(long, env = "KAFKA_USERNAME", global = true)]
    pub kafka_username: Option<String>,
    /// Password of the user.
    #[arg(long, env = "KAFKA_PASSWORD", hide_env_values = true, global = true)]
    pub kafka_password: Option<SecretString>,
    /// File with the password, instead of `KAFKA_PASSWORD`.
    #[arg(long, env = "KAFKA_PASSWORD_FILE", global = true)]
    pub kafka_password_file: Option<String>,
    /// File with the authorities of the brokers' certificates (PEM); with it the connection uses TLS.
    #[arg(long, env = "KAFKA_CA_FILE", global = true)]
    pub kafka_ca_file: Option<String>,
}

impl KafkaLogin {
    /// Adds the credentials and TLS to `config`, if they are set.
    fn apply(&self, config: &mut ClientConfig) -> Result<(), KafkaConfigError> {
        let password = secret::from_variable_or_file(
            "KAFKA_PASSWORD",
            self.kafka_password.as_ref(),
            self.kafka_password_file.as_deref(),
        )?;
        let authorities = self.kafka_ca_file.as_deref();
        let authorities = authorities.filter(|file| !file.is_empty());
        if let Some(file) = authorities {
            config
                .set("security.protocol", "ssl")
                .set("ssl.ca.location", file);
        }
        let username = self.kafka_username.as_deref();
        match (username.filter(|name| !name.is_empty()), password) {
            (Some(username), Some(password)) => {
                let protocol = match authorities {
                    Some(_) => "sasl_ssl",
                    None => "sasl_plaintext",
                };
                config
                    .set("security.protocol", protocol)
                    .set("sasl.mechanism", "PLAIN")
                    .set("sasl.username", username)
                    .set("sasl.password", password.expose_secret());
                Ok(())
            }
            (None, None) => Ok(()),
            _ => Err(KafkaConfigError::IncompleteCredentials),
        }
    }
}

impl KafkaSettings {
    /// The topics of this shop.
    pub fn topics(&self) -> Topics {
        Topics::with_prefix(&self.kafka_topic_prefix)
    }

    /// The consumer group of `service`.
    pub(crate) fn group<'a>(&'a self, service: &'a str) -> &'a str {
        let set = self.kafka_group.as_deref().filter(|set| !set.is_empty());
        set.unwrap_or(service)
    }

    /// The configuration that all clients share: they reconnect within a second after an outage.
    pub(crate) fn client(&self, name: &str) -> Result<ClientConfig, KafkaConfigError> {
        client(&self.kafka_brokers, &self.login, name)
    }
}

pub(crate) fn client(
    brokers: &str,
    login: &KafkaLogin,
    name: &str,
) -> Result<ClientConfig, KafkaConfigError> {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", brokers)
        .set("client.id", name)
        .set("reconnect.backoff.ms", "50")
        .set("reconnect.backoff.max.ms", "500")
        .set("socket.keepalive.enable", "true")
        .set("topic.metadata.refresh.fast.interval.ms", "100")
        // How long a message in an added partition waits until the consumers know the partition, and how
        // soon a topic that was created again is noticed.
        .set("topic.metadata.refresh.interval.ms", "2000")
        // librdkafka would write its own log to standard error; what matters is returned as errors.
        .set_log_level(rdkafka::config::RDKafkaLogLevel::Critical);
    login.apply(&mut config)?;
    Ok(config)
}

/// Why the Kafka settings are invalid.
#[derive(Debug, thiserror::Error)]
pub enum KafkaConfigError {
    /// A user name without a password, or the reverse.
    #[error("set both KAFKA_USERNAME and KAFKA_PASSWORD, or neither")]
    IncompleteCredentials,
    /// The password cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The client library rejects them.
    #[error("invalid KAFKA_ settings")]
    Rejected(#[from] KafkaError),
}

/// Kafka allows 249 characters for a topic name, of which the prefix is a part.
const MAX_PREFIX_LENGTH: usize = 200;
/// From several heartbeats to the client library's limit between two polls.
const SESSION_TIMEOUTS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_mins(5);

fn brokers(text: &str) -> Result<String, String> {
    if text.split(',').all(|address| is_broker(address.trim())) {
        Ok(text.to_owned())
    } else {
        Err("use host:port, separated by commas".to_owned())
    }
}

fn is_broker(address: &str) -> bool {
    let Some((host, port)) = address.rsplit_once(':') else {
        return false;
    };
    let in_brackets = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let is_host = match in_brackets {
        Some(host) => host.parse::<Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.chars().all(is_name_character),
    };
    is_host && port.parse::<NonZeroU16>().is_ok()
}

/// The characters of topic names and host names.
fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._".contains(c)
}

fn prefix(text: &str) -> Result<String, String> {
    if (1..=MAX_PREFIX_LENGTH).contains(&text.len()) && text.chars().all(is_name_character) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "use 1 to {MAX_PREFIX_LENGTH} of the characters a-z, A-Z, 0-9, '.', '_' and '-'"
        ))
    }
}

fn session_timeout(text: &str) -> Result<Duration, Failure> {
    let timeout = runtime::settings::duration(text)?;
    if SESSION_TIMEOUTS.contains(&timeout) {
        Ok(timeout)
    } else {
        Err("use a duration from 1s to 5m".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_brokers_when_parsed_then_each_needs_a_host_and_a_port() {
        let check =
            |text: &str, expected: bool| assert_eq!(brokers(text).is_ok(), expected, "{text}");
        check("127.0.0.1:9092", true);
        check("kafka-0.kafka:9092, kafka_1:19092", true);
        check("[::1]:9092", true);
        check("", false);
        check("kafka", false);
        check("kafka:9092,", false);
        check(":9092", false);
        check("kafka:0", false);
        check("kafka:99999", false);
        check("::1:9092", false);
        check("[kafka]:9092", false);
        check("http://kafka:9092", false);
        check("not a broker:9092", false);
    }

    #[test]
    fn given_prefixes_when_parsed_then_only_valid_topic_names_pass() {
        let check =
            |text: &str, expected: bool| assert_eq!(prefix(text).is_ok(), expected, "{text}");
        check("shop", true);
        check("t_0.A-z", true);
        check(&"a".repeat(200), true);
        check(&"a".repeat(201), false);
        check("", false);
        check("a b/c", false);
        check("é", false);
    }

    #[test]
    fn given_session_timeouts_when_parsed_then_only_supported_ones_pass() {
        let check = |text: &str, expected: bool| {
            assert_eq!(session_timeout(text).is_ok(), expected, "{text}");
        };
        check("1s", true);
        check("5m", true);
        check("999ms", false);
        check("10m", false);
        check("soon", false);
    }

    #[derive(clap::Parser)]
    struct Settings {
        #[command(flatten)]
        kafka: KafkaSettings,
    }

    fn settings(arguments: &[&str]) -> KafkaSettings {
        let brokers = ["test", "--kafka-brokers", "127.0.0.1:1"].iter();
        <Settings as clap::Parser>::parse_from(brokers.chain(arguments)).kafka
    }

    #[test]
    fn given_credentials_when_a_client_is_configured_then_they_must_be_complete() {
        let client = |arguments: &[&str]| settings(arguments).client("test");
        let plain = client(&[]).expect("anonymous");
        assert_eq!(plain.get("security.protocol"), None);
        let user = ["--kafka-username", "orders", "--kafka-password", "xyz"];
        let known = client(&user).expect("credentials");
        assert_eq!(known.get("security.protocol"), Some("sasl_plaintext"));
        assert_eq!(known.get("sasl.username"), Some("orders"));
        assert_eq!(known.get("sasl.password"), Some("xyz"));
        let encrypted = client(&[&user[..], &["--kafka-ca-file", "ca.crt"]].concat());
        assert_eq!(
            encrypted.expect("credentials").get("security.protocol"),
            Some("sasl_ssl")
        );
        for half in [&user[..2], &user[2..]] {
            let error = client(half).expect_err("incomplete").to_string();
            assert!(
                error.contains("KAFKA_USERNAME") && !error.contains("xyz"),
                "{error}"
            );
        }
    }

    #[test]
    fn given_no_group_when_read_then_it_is_the_services_name() {
        let check = |arguments: &[&str], expected: &str| {
            assert_eq!(
                settings(arguments).group("orders"),
                expected,
                "{arguments:?}"
            );
        };
        check(&[], "orders");
        check(&["--kafka-group", ""], "orders");
        check(&["--kafka-group", "mine"], "mine");
    }
}
