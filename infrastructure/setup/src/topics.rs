//! The Kafka topics.

use std::env;

use anyhow::{Result, bail};
use clap::Parser as _;
use messaging::settings::KafkaSettings;
use messaging::topics::{self, TopicsError};

use crate::acls;
use crate::console::print_line;
use crate::retry::{Attempt, Retry};

#[derive(clap::Parser)]
struct Broker {
    #[command(flatten)]
    kafka: KafkaSettings,
}

/// Creates missing topics and access rules, if a broker is configured.
pub(crate) async fn prepare(retry: Retry) -> Result<()> {
    if env::var_os("KAFKA_BROKERS").is_none_or(|brokers| brokers.is_empty()) {
        print_line("KAFKA_BROKERS is not set; skipping the topics");
        return Ok(());
    }
    // The settings are environment variables; the program's own arguments do not belong to them.
    let kafka = match Broker::try_parse_from(["setup"]) {
        Ok(broker) => broker.kafka,
        Err(error) => bail!("{}", error.render()),
    };
    let failure = format!("cannot reach Kafka at {}", kafka.kafka_brokers);
    let created = retry
        .until_done(&failure, async || {
            match topics::create_missing(&kafka).await {
                Ok(created) => Ok(Attempt::Done(created)),
                Err(error @ TopicsError::Settings(_)) => Err(error.into()),
                Err(error) => match topics::authentication_error(&kafka).await? {
                    Some(refusal) => bail!("Kafka refused the credentials: {refusal}"),
                    None => Ok(Attempt::Failed(error.into())),
                },
            }
        })
        .await?;
    for name in kafka.topics().all() {
        if created.iter().any(|created| created == name) {
            print_line(format_args!("created the topic {name}"));
        } else {
            print_line(format_args!("the topic {name} exists"));
        }
    }
    acls::prepare(&kafka, retry).await
}
