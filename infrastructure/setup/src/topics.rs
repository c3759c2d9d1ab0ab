//! The topics of the shop.

use std::env;

use anyhow::{Result, bail};
use clap::Parser as _;
use messaging::settings::KafkaSettings;
use messaging::topics::{self, TopicsError};
use runtime::lifecycle::error_chain;

use crate::console::say;
use crate::patience::{Attempt, Patience};

/// The broker, and what topics are like there.
#[derive(clap::Parser)]
struct Broker {
    #[command(flatten)]
    kafka: KafkaSettings,
}

/// Makes the topics that are missing, where there is a broker.
pub(crate) async fn prepare(patience: Patience) -> Result<()> {
    if env::var_os("KAFKA_BROKERS").is_none_or(|brokers| brokers.is_empty()) {
        say("KAFKA_BROKERS is not set; makes no topics");
        return Ok(());
    }
    // Everything is in the environment.
    let kafka = match Broker::try_parse_from(["setup"]) {
        Ok(broker) => broker.kafka,
        Err(error) => bail!("{}", error.render()),
    };
    let what = format!("Kafka does not answer at {}", kafka.kafka_brokers);
    let made = patience
        .until(&what, async || match topics::create_missing(&kafka).await {
            Ok(made) => Ok(Attempt::Done(made)),
            Err(error @ TopicsError::Settings(_)) => Err(error.into()),
            Err(error) => match topics::authentication_error(&kafka).await? {
                Some(refusal) => bail!("Kafka does not let the user in: {refusal}"),
                None => Ok(Attempt::NotYet(error_chain(&error))),
            },
        })
        .await?;
    for name in kafka.topics().all() {
        if made.iter().any(|made| made == name) {
            say(format_args!("made the topic {name}"));
        } else {
            say(format_args!("the topic {name} is there"));
        }
    }
    Ok(())
}
