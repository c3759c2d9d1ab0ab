//! What can go wrong, each as a sentence for the person who reads it: what happened, to what, what
//! to do.

use std::{io, path::PathBuf, process::ExitStatus};

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a tool was not brought, or a server not started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program that must be on the machine is not there, or is too old.
    #[error("{tool} {problem}; {advice}")]
    Tool {
        /// Its name, as a person knows it.
        tool: &'static str,
        /// What is the matter with it, as the rest of a sentence.
        problem: String,
        /// What to do about it.
        advice: &'static str,
    },
    /// A download failed.
    #[error("{tool} could not be brought from {origin} ({problem}); {advice}")]
    Bring {
        /// What was to be brought.
        tool: &'static str,
        /// The registry it comes from.
        origin: &'static str,
        /// The last thing the downloading program said.
        problem: String,
        /// What to do about it.
        advice: &'static str,
    },
    /// A server could not prepare its data folder.
    #[error(
        "{name} could not prepare its data folder ({problem}); its settings are in {}",
        folder.display()
    )]
    Prepare {
        /// The server.
        name: String,
        /// The last thing that was said.
        problem: String,
        /// Its data folder.
        folder: PathBuf,
    },
    /// A program could not be started at all.
    #[error("{name} could not be started")]
    Spawn {
        /// The program.
        name: String,
        /// Why not.
        source: io::Error,
    },
    /// A server ended before it was ready.
    #[error(
        "{name} ended before it was ready ({status}); the last lines of {}:\n{tail}",
        log.display()
    )]
    Exited {
        /// The server.
        name: String,
        /// How it ended.
        status: ExitStatus,
        /// Its log.
        log: PathBuf,
        /// The end of the log.
        tail: String,
    },
    /// A server did not become ready in time.
    #[error("{name} was not ready after {seconds} s ({reason}); its log is {}", log.display())]
    NotReady {
        /// The server.
        name: String,
        /// How long was waited.
        seconds: u64,
        /// What it was still waiting for.
        reason: String,
        /// Its log.
        log: PathBuf,
    },
    /// A file or a folder could not be used.
    #[error("could not {action} {}", path.display())]
    File {
        /// What was to be done with it: "read", "create".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A signal could not be sent.
    #[error("{name} (process {pid}) could not be signalled")]
    Signal {
        /// The process's name.
        name: String,
        /// Its id.
        pid: u32,
        /// Why not.
        source: nix::Error,
    },
    /// Too few ports are free.
    #[error(
        "no {wanted} free ports were found on 127.0.0.1 below the range for outgoing \
         connections; stop what occupies them"
    )]
    Ports {
        /// How many were wanted.
        wanted: usize,
    },
    /// The observer asked for an end.
    #[error("stopped before it was done")]
    Stopped,
}

impl Error {
    /// A closure for `map_err` on an operation with a file.
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
