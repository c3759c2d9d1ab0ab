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
        let problem = line.map_or("it said nothing", str::trim);
        Error::Bring {
            tool: self.tool,
            origin: self.origin,
            problem: format!("{program}: {problem}"),
            advice: self.advice,
        }
    }
}
