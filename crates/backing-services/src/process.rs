//! A child process in a process group of its own, and how it is ended.

use std::{
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

use crate::{Error, Result};

/// How often a process that is to end is looked at.
const POLL: Duration = Duration::from_millis(10);

/// A child process in a process group of its own, so that a terminal's Ctrl-C does not reach it:
/// its starter decides when, and in which order, things end.
///
/// Dropping it leaves the process running.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
}

impl Process {
    /// Starts `command` with nothing on its standard input, and what it prints in the file `log`.
    ///
    /// A log of an earlier run is kept beside it, with `.previous` at its end.
    pub fn spawn(name: &str, command: &mut Command, log: &Path) -> Result<Self> {
        if log.exists() {
            let previous = log.with_added_extension("previous");
            fs::rename(log, &previous).map_err(Error::file("write", previous))?;
        }
        let output = File::options()
            .append(true)
            .create(true)
            .open(log)
            .map_err(Error::file("create", log))?;
        let errors = output.try_clone().map_err(Error::file("use", log))?;
        Self::spawn_silent(name, command.stdout(output).stderr(errors))
    }

    /// Starts `command` with the outputs it already has.
    pub fn spawn_silent(name: &str, command: &mut Command) -> Result<Self> {
        let child = command
            .stdin(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(|source| Error::Spawn {
                name: name.to_owned(),
                source,
            })?;
        Ok(Self {
            name: name.to_owned(),
            child,
        })
    }

    /// The name it was started under.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its process id, which is also its group's.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it has.
    pub fn exited(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().map_err(|source| Error::Spawn {
            name: self.name.clone(),
            source,
        })
    }

    /// Takes the pipes, where the command was given any.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Sends a signal to it and to its own children.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let group = Pid::from_raw(self.child.id().cast_signed());
        match killpg(group, signal) {
            // Nothing left in the group: it has ended, which whoever waits for it will see.
            Ok(()) | Err(Errno::ESRCH) => Ok(()),
            Err(source) => Err(Error::Signal {
                name: self.name.clone(),
                pid: self.pid(),
                source,
            }),
        }
    }

    /// Asks it to end (SIGTERM) and waits; after `grace`, or once `hurry` says so, kills it.
    pub fn stop(&mut self, grace: Duration, hurry: impl Fn() -> bool) -> Result<()> {
        if self.exited()?.is_some() {
            return Ok(());
        }
        self.signal(Signal::SIGTERM)?;
        // A process that was paused must run to be able to end.
        self.signal(Signal::SIGCONT)?;
        let deadline = Instant::now() + grace;
        while Instant::now() < deadline && !hurry() {
            if self.exited()?.is_some() {
                return Ok(());
            }
            thread::sleep(POLL);
        }
        self.kill()
    }

    /// Ends it at once (SIGKILL), as a power failure would, and waits until it is gone.
    pub fn kill(&mut self) -> Result<()> {
        if self.exited()?.is_none() {
            self.signal(Signal::SIGKILL)?;
            self.child.wait().map_err(|source| Error::Spawn {
                name: self.name.clone(),
                source,
            })?;
        }
        Ok(())
    }
}

/// The last `count` lines of a file, or what there is of them; empty when it cannot be read.
pub fn last_lines(path: &Path, count: usize) -> String {
    const ENOUGH: u64 = 64 * 1024;
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(ENOUGH)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<_> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_ignores_the_request_to_end_is_killed_after_the_grace() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("stubborn.log");
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' TERM; echo ready; while :; do sleep 1; done"]);
        let mut process = Process::spawn("stubborn", &mut command, &log).unwrap();
        while last_lines(&log, 1) != "ready" {
            thread::yield_now();
        }

        process.stop(Duration::from_millis(100), || false).unwrap();
        assert!(process.exited().unwrap().is_some());
    }

    #[test]
    fn the_log_of_the_run_before_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("echo.log");
        for word in ["first", "second"] {
            let mut process = Process::spawn("echo", Command::new("echo").arg(word), &log).unwrap();
            while process.exited().unwrap().is_none() {
                thread::yield_now();
            }
        }
        assert_eq!(last_lines(&log, 5), "second");
        assert_eq!(
            last_lines(&log.with_added_extension("previous"), 5),
            "first"
        );
    }
}
