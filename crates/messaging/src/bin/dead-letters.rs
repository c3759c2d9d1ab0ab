//! The operator's tool for what could not be read: list it, and return it to where it came from.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use messaging::dead_letters::{DeadLetter, DeadLetterQueue};
use messaging::settings::KafkaLogin;
use runtime::lifecycle::{Failure, error_chain};

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
    #[command(flatten)]
    login: KafkaLogin,
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
                "The dead letters on {} cannot be reached: {}. Is the shop running?",
                arguments.brokers,
                error_chain(error.as_ref())
            );
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let graveyard = DeadLetterQueue::open(&arguments.brokers, &arguments.login, &arguments.prefix)?;
    let letters = graveyard.list()?;
    if letters.is_empty() {
        println!("There are no dead letters.");
        return Ok(());
    }
    let mut returned = 0;
    for letter in &letters {
        show(letter);
        match arguments.command {
            Command::List => {}
            Command::Replay if graveyard.replay(letter).await? => returned += 1,
            Command::Replay => println!("        Passed over: it came on no topic of this shop."),
        }
    }
    match arguments.command {
        Command::List => println!("{} waiting.", letters.len()),
        Command::Replay => println!("{returned} returned to their topics."),
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
        letter.place(),
        letter.reason()
    );
    println!("        {text}");
}
