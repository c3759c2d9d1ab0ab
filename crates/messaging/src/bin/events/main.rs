//! The operator's tool for the events on Kafka: dead letters and partitions.

mod dead_letters;
mod topics;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use messaging::settings::KafkaLogin;
use runtime::lifecycle::{Failure, error_chain};

/// Shows and repairs the events of a shop on Kafka.
#[derive(Parser)]
#[command(name = "events", version = release::VERSION)]
struct Arguments {
    #[command(flatten)]
    shop: Shop,
    #[command(subcommand)]
    command: Command,
}

/// A shop's topics on a broker.
#[derive(Args)]
struct Shop {
    /// Addresses of the Kafka brokers: `host:port`, separated by commas.
    #[arg(
        long,
        env = "KAFKA_BROKERS",
        default_value = "127.0.0.1:9092",
        global = true
    )]
    brokers: String,
    /// Prefix of the topic names.
    #[arg(
        long,
        env = "KAFKA_TOPIC_PREFIX",
        default_value = "shop",
        global = true
    )]
    prefix: String,
    #[command(flatten)]
    login: KafkaLogin,
}

#[derive(Subcommand)]
enum Command {
    /// List, replay and delete dead letters: messages that a service could not process.
    #[command(subcommand)]
    DeadLetters(dead_letters::Command),
    /// Show the number of partitions of each topic, or raise it.
    Topics(topics::Arguments),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!(
                "cannot use the topics on Kafka at {}: {}; is the shop running?",
                arguments.shop.brokers,
                error_chain(error.as_ref())
            );
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    match &arguments.command {
        Command::DeadLetters(command) => dead_letters::run(&arguments.shop, command).await,
        Command::Topics(options) => {
            topics::run(&arguments.shop, options).await?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
