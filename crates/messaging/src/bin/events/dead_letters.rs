//! The dead-letter queue: list, replay and purge.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use clap::{ArgGroup, Subcommand};
use domain::mask_addresses;
use messaging::dead_letters::{DeadLetter, DeadLetterQueue, Range};
use runtime::clock::{Clock as _, SystemClock};
use runtime::lifecycle::Failure;

use crate::Shop;

/// How much of a payload is shown.
const MAX_TEXT_CHARS: usize = 160;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Show the dead letters that were not replayed.
    List {
        /// Show e-mail addresses in full; without it only their first letter and domain.
        #[arg(long)]
        show_addresses: bool,
    },
    /// Send each of them once to its original topic.
    Replay,
    /// Delete dead letters, replayed or not. They cannot be restored.
    #[command(group(ArgGroup::new("which").required(true)))]
    Purge {
        /// Delete the dead letters up to this number, inclusive.
        #[arg(long, value_name = "NUMBER", group = "which", value_parser = clap::value_parser!(i64).range(0..))]
        up_to: Option<i64>,
        /// Delete the dead letters that are older, such as `720h`.
        #[arg(long, value_name = "DURATION", group = "which", value_parser = runtime::settings::duration)]
        older_than: Option<Duration>,
        /// Delete without asking.
        #[arg(long)]
        yes: bool,
    },
}

pub(crate) async fn run(shop: &Shop, command: &Command) -> Result<ExitCode, Failure> {
    let queue = DeadLetterQueue::open(&shop.brokers, &shop.login, &shop.prefix)?;
    match command {
        Command::List { show_addresses } => list(&queue, *show_addresses)?,
        Command::Replay => replay(&queue).await?,
        Command::Purge {
            up_to,
            older_than,
            yes,
        } => {
            let range = match (up_to, older_than) {
                (Some(number), _) => queue.up_to(*number)?,
                (None, age) => queue.older_than(SystemClock.now(), age.unwrap_or_default())?,
            };
            return purge(&queue, &range, *yes).await;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(queue: &DeadLetterQueue, show_addresses: bool) -> Result<(), Failure> {
    let letters = queue.list()?;
    if letters.is_empty() {
        println!("There are no dead letters.");
        return Ok(());
    }
    for letter in &letters {
        show(letter, show_addresses);
    }
    println!("{} not replayed.", letters.len());
    Ok(())
}

async fn replay(queue: &DeadLetterQueue) -> Result<(), Failure> {
    let letters = queue.list()?;
    if letters.is_empty() {
        println!("There are no dead letters.");
        return Ok(());
    }
    let mut replayed = 0;
    for letter in &letters {
        show(letter, false);
        if queue.replay(letter).await? {
            replayed += 1;
        } else if letter.is_head() {
            println!(
                "        skipped: only the head of a large message; the message is at {} of {}",
                letter.position(),
                letter.topic()
            );
        } else {
            println!("        skipped: it came from a topic of another shop");
        }
    }
    println!("{replayed} replayed.");
    Ok(())
}

async fn purge(queue: &DeadLetterQueue, range: &Range, yes: bool) -> Result<ExitCode, Failure> {
    if range.count() == 0 {
        println!("There are no such dead letters.");
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "{} dead letters, numbers {} to {}, of which {} were not replayed.",
        range.count(),
        range.first(),
        range.last(),
        range.not_replayed()
    );
    if !yes && !is_confirmed()? {
        eprintln!("Nothing is deleted.");
        return Ok(ExitCode::FAILURE);
    }
    queue.purge(range).await?;
    println!("{} deleted.", range.count());
    Ok(ExitCode::SUCCESS)
}

/// Asks at a terminal. A script must say `--yes`.
fn is_confirmed() -> Result<bool, Failure> {
    let input = std::io::stdin();
    if !input.is_terminal() {
        eprintln!("Add --yes to delete them without a question.");
        return Ok(false);
    }
    print!("They cannot be restored. Type \"yes\" to delete them: ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    input.read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}

fn show(letter: &DeadLetter, show_addresses: bool) {
    let shown = |text: &str| {
        let text = if show_addresses {
            text.to_owned()
        } else {
            mask_addresses(text)
        };
        text.replace(char::is_control, ".")
    };
    let mut text: String = shown(&letter.text()).chars().take(MAX_TEXT_CHARS).collect();
    if text.is_empty() {
        "(empty)".clone_into(&mut text);
    }
    println!(
        "{:>6}  {:<20} {:>8}  {}",
        letter.number(),
        letter.topic(),
        letter.position(),
        shown(letter.reason())
    );
    println!("        {text}");
}
