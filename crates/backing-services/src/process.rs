//! A child process in its own process group.

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

use crate::error::{Error, Result};

/// How often a process that was asked to exit is polled.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// A child process in its own process group. A terminal's Ctrl-C does not reach it: this
/// process decides when, and in which order, its children are stopped.
///
/// Dropping it leaves the process running.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
}

impl Process {
    /// Starts `command` with an empty standard input. Its output is written to the file `log`; the
    /// log of the previous run is renamed to `LOG.previous`.
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
        let errors = output.try_clone().map_err(Error::file("write", log))?;
        Self::spawn_unlogged(name, command.stdout(output).stderr(errors))
    }

    /// Starts `command` with an empty standard input. Its output goes wherever `command` says.
    pub fn spawn_unlogged(name: &str, command: &mut Command) -> Result<Self> {
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

    /// The name that it was started with.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The process id, which is also the id of its process group.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The exit status, or `None` while the process runs.
    pub fn exited(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().map_err(|source| Error::Spawn {
            name: self.name.clone(),
            source,
        })
    }

    /// The child itself, for its pipes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Sends a signal to the process and its own children.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let group = Pid::from_raw(self.child.id().cast_signed());
        signal_group(&self.name, group, signal)
    }

    /// Sends SIGTERM and waits for the exit. Kills the process after `timeout`.
    pub fn stop(&mut self, timeout: Duration) -> Result<()> {
        if self.exited()?.is_some() {
            return Ok(());
        }
        self.signal(Signal::SIGTERM)?;
        // A paused process cannot handle SIGTERM.
        self.signal(Signal::SIGCONT)?;
        let deadline = Instant::now() + timeout;
        while Instant::now() < deadline {
            if self.exited()?.is_some() {
                return Ok(());
            }
            thread::sleep(POLL_INTERVAL);
        }
        self.kill()
    }

    /// Sends SIGKILL and waits for the exit.
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

/// Sends a signal to the process group of a process. It is no error if the group has no process left.
pub fn signal_group(name: &str, group: Pid, signal: Signal) -> Result<()> {
    match killpg(group, signal) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(source) => Err(Error::Signal {
            name: name.to_owned(),
            pid: group,
            source,
        }),
    }
}

/// Returns the last `count` lines of a file that are not blank; an empty text when the file cannot
/// be read.
pub fn last_lines(path: &Path, count: usize) -> String {
    const MAX_BYTES: u64 = 64 * 1024;
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(MAX_BYTES)))?;
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
    fn given_a_process_that_ignores_sigterm_when_stopped_then_it_is_killed_after_the_timeout() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("stubborn.log");
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' TERM; echo ready; while :; do sleep 1; done"]);
        let mut process = Process::spawn("stubborn", &mut command, &log).unwrap();
        while last_lines(&log, 1) != "ready" {
            thread::yield_now();
        }

        process.stop(Duration::from_millis(100)).unwrap();
        assert!(process.exited().unwrap().is_some());
    }

    #[test]
    fn given_a_log_of_a_previous_run_when_a_process_starts_then_that_log_is_kept() {
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
