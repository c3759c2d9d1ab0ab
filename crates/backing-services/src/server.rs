//! One server as a child process: start, wait until it is ready, stop, kill, restart.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;

use crate::{Error, KafkaSettings, MongodSettings, Process, Result, Tools, last_lines};

/// How long a server may take to be ready: generous, because a loaded machine that restores a
/// killed server's data is slow; one that cannot start ends much sooner by itself.
const READY_WITHIN: Duration = Duration::from_secs(90);
/// How long a server may take to end when asked.
const STOP_WITHIN: Duration = Duration::from_secs(20);
/// How often readiness is asked for.
const POLL: Duration = Duration::from_millis(25);

/// How many lines of the log of a server that has ended are shown.
const LAST_WORDS: usize = 10;

/// A running MongoDB server.
pub type Mongod = Server<MongodSettings>;
/// A running Kafka broker.
pub type Kafka = Server<KafkaSettings>;

/// What a server of one kind needs in order to run.
pub trait BackingService {
    /// The name its log and messages bear.
    fn name(&self) -> &str;

    /// The port that clients connect to.
    fn port(&self) -> u16;

    /// Does what must be done once before the first start. Doing it again does nothing.
    fn prepare(&self, tools: &Tools) -> Result<()>;

    /// The command line.
    fn command(&self, tools: &Tools) -> Command;

    /// Asks once, without waiting for long, whether clients can be served; takes the next step
    /// towards it where one must be taken from outside.
    fn readiness(&self) -> Readiness;

    /// Whether a line of its log belongs to the explanation of why it ended.
    fn is_telling(&self, _line: &str) -> bool {
        true
    }

    /// The end of its log, for the message that it ended: the telling lines of it, if there are
    /// any.
    fn last_words(&self, log: &Path) -> String {
        let tail = last_lines(log, 200);
        let telling: Vec<_> = tail.lines().filter(|line| self.is_telling(line)).collect();
        if telling.is_empty() {
            return last_lines(log, LAST_WORDS);
        }
        telling[telling.len().saturating_sub(LAST_WORDS)..].join("\n")
    }
}

/// The answer to "can you serve clients?".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// Yes.
    Ready,
    /// Not yet, and what is missing.
    NotYet(String),
}

/// A server of one kind as a child process of this one, in a folder: its log is `NAME.log` there,
/// and its process id, so that [`Scratch`](crate::Scratch) finds it, `NAME.pid`.
///
/// Dropping it kills it.
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

    /// Starts a server without waiting, so that several can start at the same time.
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
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            self.fail_if_ended()?;
            let Readiness::NotYet(reason) = self.settings.readiness() else {
                return Ok(());
            };
            if Instant::now() > deadline {
                return Err(Error::NotReady {
                    name: self.settings.name().to_owned(),
                    seconds: READY_WITHIN.as_secs(),
                    reason,
                    log: self.log(),
                });
            }
            thread::sleep(POLL);
        }
    }

    /// What it was started with.
    pub fn settings(&self) -> &S {
        &self.settings
    }

    /// Its process id, if it runs.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Process::pid)
    }

    /// Where its log is.
    pub fn log(&self) -> PathBuf {
        self.folder.join(format!("{}.log", self.settings.name()))
    }

    /// Ends it in good order (SIGTERM).
    pub fn stop(&mut self) -> Result<()> {
        self.end(|process| process.stop(STOP_WITHIN, || false))
    }

    /// Ends it as a power failure would (SIGKILL).
    pub fn kill(&mut self) -> Result<()> {
        self.end(Process::kill)
    }

    /// Starts it again on its data and its port, after ending it in good order if it still runs;
    /// waits until it is ready.
    pub fn restart(&mut self) -> Result<()> {
        self.stop()?;
        self.launch()?;
        self.wait_until_ready()
    }

    /// Halts it (SIGSTOP): its connections stay open and nothing answers.
    pub fn pause(&self) -> Result<()> {
        self.process
            .as_ref()
            .map_or(Ok(()), |process| process.signal(Signal::SIGSTOP))
    }

    /// Lets it go on after a [`pause`](Self::pause).
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
        // Owned before the file is written, so that a full disk does not leave it running.
        self.process = Some(process);
        fs::write(&pid_file, pid.to_string()).map_err(Error::file("write", pid_file))
    }

    fn end(&mut self, how: impl FnOnce(&mut Process) -> Result<()>) -> Result<()> {
        let Some(process) = &mut self.process else {
            return Ok(());
        };
        how(process)?;
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
            tail: self.settings.last_words(&log),
            log,
        })
    }

    fn pid_file(&self) -> PathBuf {
        self.folder.join(format!("{}.pid", self.settings.name()))
    }
}

impl<S: BackingService> Drop for Server<S> {
    fn drop(&mut self) {
        // There is nobody to tell; the scratch folder's guardian tries once more.
        let _ = self.kill();
    }
}
