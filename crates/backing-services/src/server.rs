//! A server as a child process: start, readiness, stop, kill, restart.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;

use crate::error::{Error, Result};
use crate::process::{Process, last_lines};
use crate::tools::Tools;

/// How long a server may take to be ready. Long, because recovery after a kill is slow on a loaded
/// machine; a server that cannot start exits much earlier.
const READY_TIMEOUT: Duration = Duration::from_secs(90);
/// How long a server may take to exit after SIGTERM.
const STOP_TIMEOUT: Duration = Duration::from_secs(20);
/// How often readiness is polled.
const POLL_INTERVAL: Duration = Duration::from_millis(25);

/// How many log lines of a server that exited are shown.
const SHOWN_LOG_LINES: usize = 10;

/// How to prepare, start and check a server of one kind.
pub trait BackingService {
    /// The name in messages, and of the log file.
    fn name(&self) -> &str;

    /// The port that clients connect to.
    fn port(&self) -> u16;

    /// Prepares the data folder. Idempotent; called before every start.
    fn prepare(&self, tools: &Tools) -> Result<()>;

    /// The command line.
    fn command(&self, tools: &Tools) -> Command;

    /// Checks once whether the server can serve clients. Initiates a MongoDB replica set that is not
    /// initiated yet.
    fn readiness(&self) -> Readiness;

    /// Whether a log line can explain why the server exited.
    fn explains_exit(&self, _line: &str) -> bool {
        true
    }

    /// Returns the end of the log after an exit: its explaining lines, if there are any.
    fn exit_log(&self, log: &Path) -> String {
        let tail = last_lines(log, 200);
        let explaining: Vec<_> = tail
            .lines()
            .filter(|line| self.explains_exit(line))
            .collect();
        if explaining.is_empty() {
            return last_lines(log, SHOWN_LOG_LINES);
        }
        explaining[explaining.len().saturating_sub(SHOWN_LOG_LINES)..].join("\n")
    }
}

/// Whether a server can serve clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// It can serve clients.
    Ready,
    /// It cannot serve clients yet, for this reason.
    NotYet(String),
}

/// A server as a child process. Its folder contains its log `NAME.log`, and its process id `NAME.pid`
/// for [`ScratchDir`](crate::ScratchDir).
///
/// Dropping it kills the process.
#[derive(Debug)]
pub struct Server<S: BackingService> {
    settings: S,
    tools: Tools,
    folder: PathBuf,
    process: Option<Process>,
}

impl<S: BackingService> Server<S> {
    /// Starts a server and waits until it is ready.
    pub fn start(settings: S, tools: &Tools, folder: &Path) -> Result<Self> {
        let mut server = Self::spawn(settings, tools, folder)?;
        server.wait_until_ready()?;
        Ok(server)
    }

    /// Starts a server without waiting, so that several can start in parallel.
    pub fn spawn(settings: S, tools: &Tools, folder: &Path) -> Result<Self> {
        let mut server = Self {
            settings,
            tools: tools.clone(),
            folder: folder.to_owned(),
            process: None,
        };
        server.launch()?;
        Ok(server)
    }

    /// Waits until the server is ready for clients.
    pub fn wait_until_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + READY_TIMEOUT;
        loop {
            self.fail_if_ended()?;
            let Readiness::NotYet(reason) = self.settings.readiness() else {
                return Ok(());
            };
            if Instant::now() > deadline {
                return Err(Error::NotReady {
                    name: self.settings.name().to_owned(),
                    seconds: READY_TIMEOUT.as_secs(),
                    reason,
                    log: self.log(),
                });
            }
            thread::sleep(POLL_INTERVAL);
        }
    }

    /// The settings that it was started with.
    pub fn settings(&self) -> &S {
        &self.settings
    }

    /// The process id, if it runs.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Process::pid)
    }

    /// The path of the log.
    pub fn log(&self) -> PathBuf {
        self.folder.join(format!("{}.log", self.settings.name()))
    }

    /// Stops it gracefully (SIGTERM).
    pub fn stop(&mut self) -> Result<()> {
        self.end(|process| process.stop(STOP_TIMEOUT))
    }

    /// Kills it (SIGKILL).
    pub fn kill(&mut self) -> Result<()> {
        self.end(Process::kill)
    }

    /// Stops it gracefully if it runs, starts it again on its data and its port, and waits until it
    /// is ready.
    pub fn restart(&mut self) -> Result<()> {
        self.stop()?;
        self.launch()?;
        self.wait_until_ready()
    }

    /// Pauses it (SIGSTOP): its connections stay open, and nothing answers.
    pub fn pause(&self) -> Result<()> {
        self.process
            .as_ref()
            .map_or(Ok(()), |process| process.signal(Signal::SIGSTOP))
    }

    /// Continues it after a [`pause`](Self::pause).
    pub fn resume(&self) -> Result<()> {
        self.process
            .as_ref()
            .map_or(Ok(()), |process| process.signal(Signal::SIGCONT))
    }

    fn launch(&mut self) -> Result<()> {
        self.settings.prepare(&self.tools)?;
        let mut command = self.settings.command(&self.tools);
        let process = Process::spawn(self.settings.name(), &mut command, &self.log())?;
        let (pid, pid_file) = (process.pid(), self.pid_file());
        // Stored before the file is written, so that a full disk does not leave it running.
        self.process = Some(process);
        fs::write(&pid_file, pid.to_string()).map_err(Error::file("write", pid_file))
    }

    fn end(&mut self, action: impl FnOnce(&mut Process) -> Result<()>) -> Result<()> {
        let Some(process) = &mut self.process else {
            return Ok(());
        };
        action(process)?;
        self.process = None;
        let pid_file = self.pid_file();
        fs::remove_file(&pid_file).map_err(Error::file("remove", pid_file))
    }

    fn fail_if_ended(&mut self) -> Result<()> {
        let Some(process) = &mut self.process else {
            return Ok(());
        };
        let Some(status) = process.exited()? else {
            return Ok(());
        };
        let log = self.log();
        Err(Error::Exited {
            name: self.settings.name().to_owned(),
            status,
            tail: self.settings.exit_log(&log),
            log,
        })
    }

    fn pid_file(&self) -> PathBuf {
        self.folder.join(format!("{}.pid", self.settings.name()))
    }
}

impl<S: BackingService> Drop for Server<S> {
    fn drop(&mut self) {
        // Drop cannot return an error; the cleaner of the scratch directory tries once more.
        let _ = self.kill();
    }
}
