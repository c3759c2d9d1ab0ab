//! Runs a program that downloads.

use std::{path::Path, process::Command, thread, time::Duration};

use crate::{Error, Observer, Process, Result, last_lines};

/// How long a download that is to end is given before it is killed.
const GRACE: Duration = Duration::from_secs(3);

/// A download, and what to say when it fails.
pub(super) struct Fetch {
    pub(super) tool: &'static str,
    pub(super) origin: &'static str,
    pub(super) advice: &'static str,
}

impl Fetch {
    /// Runs `command` to its end, in a folder that its output is written to as well.
    pub(super) fn run(
        &self,
        command: &mut Command,
        work: &Path,
        observer: &dyn Observer,
    ) -> Result<()> {
        let log = work.join("output.txt");
        let program = command.get_program().to_string_lossy().into_owned();
        let mut process = Process::spawn(&program, command, &log)?;
        let status = loop {
            if let Some(status) = process.exited()? {
                break status;
            }
            if observer.stopped() {
                process.stop(GRACE, || false)?;
                return Err(Error::Stopped);
            }
            thread::sleep(Duration::from_millis(50));
        };
        if status.success() {
            Ok(())
        } else {
            Err(self.failed(&program, &log))
        }
    }

    fn failed(&self, program: &str, log: &Path) -> Error {
        // The first error is the cause; what follows it is how the program gave up.
        let output = last_lines(log, 200);
        let line = output
            .lines()
            .find(|line| line.to_lowercase().contains("error"))
            .or(output.lines().last());
        let problem = line.map_or_else(|| "it said nothing".to_owned(), plain);
        Error::Bring {
            tool: self.tool,
            origin: self.origin,
            problem: format!("{program}: {problem}"),
            advice: self.advice,
        }
    }
}

/// A line without the colours that a program may print even into a file.
/// Source: ECMA-48, control sequences: ESC, `[`, parameters, a letter.
fn plain(line: &str) -> String {
    let mut parts = line.split("\x1b[");
    let first = parts.next().unwrap_or_default();
    let after = |part: &str| {
        let end = part.find(|letter: char| letter.is_ascii_alphabetic());
        part[end.map_or(0, |end| end + 1)..].to_owned()
    };
    let text: String = std::iter::once(first.to_owned())
        .chain(parts.map(after))
        .collect();
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_taken_out_of_what_a_program_says() {
        assert_eq!(
            plain(" \x1b[0m\x1b[1;31m[ERROR]\x1b[m no such plugin "),
            "[ERROR] no such plugin"
        );
        assert_eq!(plain("plain"), "plain");
    }
}
