//! The operator's tool for what could not be read: list it, and return it to where it came from.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use messaging::KafkaError;
use messaging::dead_letters::{DeadLetter, Graveyard};

/// Lists and replays messages that could not be read.
#[derive(Parser)]
struct Arguments {
    /// Addresses of the brokers: `host:port`, separated by commas.
    #[arg(
        long,
        env = "KAFKA_BROKERS",
        default_value = "127.0.0.1:9092",
        global = true
    )]
    brokers: String,
    /// What the names of the topics begin with.
    #[arg(
        long,
        env = "KAFKA_TOPIC_PREFIX",
        default_value = "shop",
        global = true
    )]
    prefix: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Clone, Copy)]
enum Command {
    /// Shows the dead letters that were not replayed yet.
    List,
    /// Returns them to the topics they came on, once each.
    Replay,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!(
                "The dead letters on {} cannot be reached: {error}. Is the shop running?",
                arguments.brokers
            );
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), KafkaError> {
    let graveyard = Graveyard::open(&arguments.brokers, &arguments.prefix)?;
    let letters = graveyard.list()?;
    if letters.is_empty() {
        println!("There are no dead letters.");
        return Ok(());
    }
    for letter in &letters {
        if matches!(arguments.command, Command::Replay) {
            graveyard.replay(letter).await?;
        }
        show(letter);
    }
    let done = if matches!(arguments.command, Command::Replay) {
        "returned to their topics"
    } else {
        "waiting"
    };
    println!("{} {done}.", letters.len());
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
        letter.place(),
        letter.reason()
    );
    println!("        {text}");
}
