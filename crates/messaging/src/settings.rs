//! Where the broker is, and the names on it.

use std::net::Ipv6Addr;
use std::num::NonZeroU16;
use std::ops::RangeInclusive;
use std::time::Duration;

use clap::Args;
use events::Topics;
use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use runtime::secret::{self, SecretError};
use secrecy::{ExposeSecret as _, SecretString};

/// The settings of a service that talks to Kafka.
#[derive(Args, Clone, Debug)]
pub struct KafkaSettings {
    /// Addresses of the brokers: `host:port`, separated by commas.
    #[arg(long, env = "KAFKA_BROKERS", value_parser = brokers)]
    pub kafka_brokers: String,
    /// Who to be to the brokers.
    #[command(flatten)]
    pub login: KafkaLogin,
    /// What the names of the topics begin with.
    #[arg(long, env = "KAFKA_TOPIC_PREFIX", default_value = "shop", value_parser = prefix)]
    pub kafka_topic_prefix: String,
    /// Name of the consumer group; the service's name if it is not set, or empty.
    #[arg(long, env = "KAFKA_GROUP")]
    pub kafka_group: Option<String>,
    /// Partitions of a topic that this service makes: the most replicas that can share its work.
    #[arg(long, env = "KAFKA_PARTITIONS", default_value_t = 6, value_parser = clap::value_parser!(i32).range(1..=1000))]
    pub kafka_partitions: i32,
    /// Copies of each partition of a topic that this service makes.
    #[arg(long, env = "KAFKA_REPLICATION", default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..=9))]
    pub kafka_replication: i32,
    /// How long messages stay in a topic that this service makes; dead letters stay until somebody
    /// removes them.
    #[arg(long, env = "KAFKA_RETENTION", default_value = "168h", value_parser = runtime::settings::duration)]
    pub kafka_retention: Duration,
    /// How long a replica may be silent before its partitions go to the others: 1s to 5m. Shorter
    /// than 6s needs a broker that allows it (`group.min.session.timeout.ms`).
    #[arg(long, env = "KAFKA_SESSION_TIMEOUT", default_value = "6s", value_parser = session_timeout)]
    pub kafka_session_timeout: Duration,
}

/// Who a client is to the brokers: a user by SASL PLAIN, or nobody in particular.
#[derive(Args, Clone, Debug)]
pub struct KafkaLogin {
    /// The service's user; without it the brokers are not told who calls.
    #[arg(long, env = "KAFKA_USERNAME", global = true)]
    pub kafka_username: Option<String>,
    /// The user's password.
    #[arg(long, env = "KAFKA_PASSWORD", hide_env_values = true, global = true)]
    pub kafka_password: Option<SecretString>,
    /// File with the password, instead.
    #[arg(long, env = "KAFKA_PASSWORD_FILE", global = true)]
    pub kafka_password_file: Option<String>,
}

impl KafkaLogin {
    /// Adds who the client is, or nothing where it is nobody.
    fn apply(&self, config: &mut ClientConfig) -> Result<(), KafkaConfigError> {
        let password = secret::from_variable_or_file(
            "KAFKA_PASSWORD",
            self.kafka_password.as_ref(),
            self.kafka_password_file.as_deref(),
        )?;
        let username = self.kafka_username.as_deref();
        match (username.filter(|name| !name.is_empty()), password) {
            (Some(username), Some(password)) => {
                config
                    .set("security.protocol", "sasl_plaintext")
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

    /// What every client of the broker has in common: after an outage it is back within a second.
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
        // Below this librdkafka writes to standard error by itself; what matters comes back as errors.
        .set_log_level(rdkafka::config::RDKafkaLogLevel::Critical);
    login.apply(&mut config)?;
    Ok(config)
}

/// The settings of the broker cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KafkaConfigError {
    /// A user without a password, or the reverse.
    #[error("KAFKA_USERNAME and KAFKA_PASSWORD must be set together, or neither")]
    IncompleteCredentials,
    /// The password cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The client library refuses them.
    #[error("the settings whose names begin with KAFKA_ cannot be used")]
    Refused(#[from] KafkaError),
}

/// The most that Kafka takes is 249 characters, and the rest of a topic's name comes after.
const LONGEST_PREFIX: usize = 200;
/// Several heartbeats, and no longer than the client library allows between two batches.
const SESSION_TIMEOUTS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_mins(5);

fn brokers(text: &str) -> Result<String, String> {
    if text.split(',').all(|address| is_broker(address.trim())) {
        Ok(text.to_owned())
    } else {
        Err("brokers are given as host:port, separated by commas".to_owned())
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
        None => !host.is_empty() && host.chars().all(may_be_in_a_name),
    };
    is_host && port.parse::<NonZeroU16>().is_ok()
}

/// What Kafka allows in the name of a topic, and what the names of hosts are made of.
fn may_be_in_a_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._".contains(c)
}

fn prefix(text: &str) -> Result<String, String> {
    if (1..=LONGEST_PREFIX).contains(&text.len()) && text.chars().all(may_be_in_a_name) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "a prefix has 1 to {LONGEST_PREFIX} of the letters a to z and A to Z, digits, '.', '_' and '-'"
        ))
    }
}

fn session_timeout(text: &str) -> Result<Duration, String> {
    let timeout = runtime::settings::duration(text)?;
    if SESSION_TIMEOUTS.contains(&timeout) {
        Ok(timeout)
    } else {
        Err("a session lasts from 1s to 5m without a sign of life".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_brokers_when_read_then_each_has_a_host_and_a_port() {
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
    fn given_prefixes_when_read_then_only_what_fits_into_a_topics_name_passes() {
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
    fn given_session_timeouts_when_read_then_only_those_that_the_client_takes_pass() {
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
    fn given_a_user_when_a_client_is_made_then_it_logs_in_and_half_a_user_is_refused() {
        let made = |arguments: &[&str]| settings(arguments).client("test");
        let plain = made(&[]).expect("needs no user");
        assert_eq!(plain.get("security.protocol"), None);
        let user = ["--kafka-username", "orders", "--kafka-password", "xyz"];
        let known = made(&user).expect("has a user");
        assert_eq!(known.get("security.protocol"), Some("sasl_plaintext"));
        assert_eq!(known.get("sasl.username"), Some("orders"));
        assert_eq!(known.get("sasl.password"), Some("xyz"));
        for half in [&user[..2], &user[2..]] {
            let error = made(half).expect_err("half a user").to_string();
            assert!(
                error.contains("KAFKA_USERNAME") && !error.contains("xyz"),
                "{error}"
            );
        }
    }

    #[test]
    fn given_no_group_when_asked_for_then_it_is_the_services_name() {
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
