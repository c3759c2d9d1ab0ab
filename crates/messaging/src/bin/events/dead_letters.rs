//! The dead-letter queue: list and replay.

use clap::Subcommand;
use messaging::dead_letters::{DeadLetter, DeadLetterQueue};
use runtime::lifecycle::Failure;

use crate::Shop;

#[derive(Subcommand, Clone, Copy)]
pub(crate) enum Command {
    /// Show the dead letters that were not replayed.
    List,
    /// Send each of them once to its original topic.
    Replay,
}

pub(crate) async fn run(shop: &Shop, command: Command) -> Result<(), Failure> {
    let queue = DeadLetterQueue::open(&shop.brokers, &shop.login, &shop.prefix)?;
    let letters = queue.list()?;
    if letters.is_empty() {
        println!("There are no dead letters.");
        return Ok(());
    }
    let mut replayed = 0;
    for letter in &letters {
        show(letter);
        match command {
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
    match command {
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
