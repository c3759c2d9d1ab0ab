//! The operator's tool for the dead-letter queue: list and replay.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use messaging::dead_letters::{DeadLetter, DeadLetterQueue};
use messaging::settings::KafkaLogin;
use runtime::lifecycle::{Failure, error_chain};

/// Lists and replays dead letters: messages that a service could not read.
#[derive(Parser)]
struct Arguments {
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
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Clone, Copy)]
enum Command {
    /// Show the dead letters that were not replayed.
    List,
    /// Send each of them once to its original topic.
    Replay,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!(
                "cannot read the dead letters from Kafka at {}: {}; is the shop running?",
                arguments.brokers,
                error_chain(error.as_ref())
            );
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let queue = DeadLetterQueue::open(&arguments.brokers, &arguments.login, &arguments.prefix)?;
    let letters = queue.list()?;
    if letters.is_empty() {
        println!("There are no dead letters.");
        return Ok(());
    }
    let mut replayed = 0;
    for letter in &letters {
        show(letter);
        match arguments.command {
            Command::List => {}
            Command::Replay if queue.replay(letter).await? => replayed += 1,
            Command::Replay if letter.is_head() => println!(
                "        skipped: only the head of a large message; the message is at {} of {}",
                letter.position(),
                letter.topic()
            ),
            Command::Replay => println!("        skipped: it came from a topic of another shop"),
        }
    }
    match arguments.command {
        Command::List => println!("{} not replayed.", letters.len()),
        Command::Replay => println!("{replayed} replayed."),
    }
    Ok(())
}

fn show(letter: &DeadLetter) {
    let mut text: String = letter
        .text()
        .chars()
        .map(|c| if c.is_control() { '.' } else { c })
        .take(160)
        .collect();
    if text.is_empty() {
        "(empty)".clone_into(&mut text);
    }
    println!(
        "{:>6}  {:<20} {:>8}  {}",
        letter.number(),
        letter.topic(),
        letter.position(),
        letter.reason()
    );
    println!("        {text}");
}
