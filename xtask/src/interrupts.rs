//! Ctrl-C, and the other polite requests to end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use anyhow::{Context, Result};
use backing_services::Progress;
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

use crate::console;

/// How often this process was asked to end.
///
/// Nothing ends by itself at a signal: whatever waits asks here several times a second, and cleans
/// up on its way out.
#[derive(Clone)]
pub(crate) struct Interrupts {
    count: Arc<AtomicUsize>,
}

/// A command was ended by a signal before it was done.
#[derive(Debug)]
pub(crate) struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("interrupted; what had been started was stopped again")
    }
}

impl std::error::Error for Interrupted {}

impl Interrupts {
    /// Catches Ctrl-C, SIGTERM and the end of the terminal from now on.
    pub(crate) fn install() -> Result<Self> {
        let mut signals =
            Signals::new([SIGINT, SIGTERM, SIGHUP]).context("signals cannot be caught")?;
        let count = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&count);
        thread::spawn(move || {
            for _ in &mut signals {
                counter.fetch_add(1, Ordering::Relaxed);
            }
        });
        Ok(Self { count })
    }

    /// Of a process that nobody asks to end.
    #[cfg(test)]
    pub(crate) fn none() -> Self {
        Self {
            count: Arc::default(),
        }
    }

    /// How often this process was asked to end.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Fails once this process was asked to end.
    pub(crate) fn check(&self) -> Result<()> {
        if self.count() > 0 {
            Err(Interrupted.into())
        } else {
            Ok(())
        }
    }
}

impl Progress for Interrupts {
    fn report(&self, line: &str) {
        console::say(line);
    }

    fn is_cancelled(&self) -> bool {
        self.count() > 0
    }
}
