//! Ctrl-C and the other requests to stop this process.
//!
//! A signal stops nothing by itself: every loop that waits polls the counter here, and cleans up
//! before it returns.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use anyhow::{Context, Result, bail};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Counts SIGINT, SIGTERM and SIGHUP from now on.
pub(crate) fn install() -> Result<()> {
    let mut signals =
        Signals::new([SIGINT, SIGTERM, SIGHUP]).context("cannot install signal handlers")?;
    thread::spawn(move || {
        for _ in &mut signals {
            COUNT.fetch_add(1, Ordering::Relaxed);
        }
    });
    Ok(())
}

/// How often this process was asked to stop.
pub(crate) fn count() -> usize {
    COUNT.load(Ordering::Relaxed)
}

/// Fails if this process was asked to stop.
pub(crate) fn check() -> Result<()> {
    if count() > 0 {
        bail!("interrupted; everything that this command started was stopped");
    }
    Ok(())
}
