//! Errors of this crate. Each message says what failed, on what, and what to do.

use std::{io, path::PathBuf, process::ExitStatus};

/// The result of every fallible function in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a tool was not installed, or a server not started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program that the machine must have is missing or too old.
    #[error("{tool} {problem}; {advice}")]
    Tool {
        /// The program's name.
        tool: &'static str,
        /// The problem, as the predicate of a sentence about `tool`.
        problem: String,
        /// What to do.
        advice: &'static str,
    },
    /// A download failed.
    #[error("cannot download {tool} from {origin} ({problem}); {advice}")]
    Download {
        /// The name and version of the tool.
        tool: &'static str,
        /// The registry of the download.
        origin: &'static str,
        /// The error that the downloading program printed.
        problem: String,
        /// What to do.
        advice: &'static str,
    },
    /// A server's data folder could not be formatted.
    #[error(
        "cannot format the data folder of {name} ({problem}); its settings are in {}",
        folder.display()
    )]
    Format {
        /// The name of the server.
        name: String,
        /// The last line that the formatter printed.
        problem: String,
        /// The data folder.
        folder: PathBuf,
    },
    /// A program could not be started.
    #[error("cannot start {name}")]
    Spawn {
        /// The name of the program.
        name: String,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A server exited before it was ready.
    #[error(
        "{name} exited before it was ready ({status}); the last lines of {}:\n{tail}",
        log.display()
    )]
    Exited {
        /// The name of the server.
        name: String,
        /// How it exited.
        status: ExitStatus,
        /// The path of its log.
        log: PathBuf,
        /// The end of the log.
        tail: String,
    },
    /// A server was not ready within the timeout.
    #[error("{name} is not ready after {seconds} s ({reason}); its log is {}", log.display())]
    NotReady {
        /// The name of the server.
        name: String,
        /// The timeout in seconds.
        seconds: u64,
        /// Why it is not ready.
        reason: String,
        /// The path of its log.
        log: PathBuf,
    },
    /// A file operation failed.
    #[error("cannot {action} {}", path.display())]
    File {
        /// The operation: "read", "create".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A signal could not be sent.
    #[error("cannot send a signal to {name} (process {pid})")]
    Signal {
        /// The process's name.
        name: String,
        /// The process id.
        pid: nix::unistd::Pid,
        /// The error of the operating system.
        source: nix::Error,
    },
    /// Too few ports are free.
    #[error(
        "cannot find {wanted} free ports on 127.0.0.1 below the range for outgoing connections; \
         stop the programs that use them"
    )]
    Ports {
        /// The number of ports requested.
        wanted: usize,
    },
    /// [`Progress`](crate::Progress) cancelled the step.
    #[error("cancelled")]
    Cancelled,
}

impl Error {
    /// Returns a closure for `map_err` on a file operation.
    pub(crate) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }
}
