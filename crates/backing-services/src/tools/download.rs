//! Runs a package manager that downloads something.

use std::{path::Path, process::Command, thread, time::Duration};

use crate::error::{Error, Result};
use crate::process::{Process, last_lines};
use crate::progress::Progress;

/// How long a cancelled download may take to exit before it is killed.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);

/// A download, with the parts of its error message.
pub(super) struct Download {
    pub(super) tool: &'static str,
    pub(super) origin: &'static str,
    pub(super) advice: &'static str,
}

impl Download {
    /// Runs `command` to its end. Its output is written to a file in `work`.
    pub(super) fn run(
        &self,
        command: &mut Command,
        work: &Path,
        progress: &dyn Progress,
    ) -> Result<()> {
        let log = work.join("output.txt");
        let program = command.get_program().to_string_lossy().into_owned();
        let mut process = Process::spawn(&program, command, &log)?;
        let status = loop {
            if let Some(status) = process.exited()? {
                break status;
            }
            if progress.is_cancelled() {
                process.stop(STOP_TIMEOUT)?;
                return Err(Error::Cancelled);
            }
            thread::sleep(Duration::from_millis(50));
        };
        if status.success() {
            return Ok(());
        }
        // The first error is the cause; later lines only report that the program failed.
        let output = last_lines(&log, 200);
        let line = output
            .lines()
            .find(|line| line.to_lowercase().contains("error"))
            .or(output.lines().last());
        let problem = line.map_or_else(|| "no output".to_owned(), without_colours);
        Err(self.failed(&format!("{program}: {problem}")))
    }

    /// The error of this download.
    pub(super) fn failed(&self, problem: &str) -> Error {
        Error::Download {
            tool: self.tool,
            origin: self.origin,
            problem: problem.to_owned(),
            advice: self.advice,
        }
    }
}

/// A line without terminal colours (ECMA-48 control sequences: ESC, `[`, parameters, a letter).
fn without_colours(line: &str) -> String {
    let mut parts = line.split("\x1b[");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|letter: char| letter.is_ascii_alphabetic());
        text.push_str(&part[end.map_or(0, |end| end + 1)..]);
    }
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_coloured_output_when_read_then_the_colours_are_removed() {
        assert_eq!(
            without_colours(" \x1b[0m\x1b[1;31m[ERROR]\x1b[m no such plugin "),
            "[ERROR] no such plugin"
        );
        assert_eq!(without_colours("plain"), "plain");
    }
}
