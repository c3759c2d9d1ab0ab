//! Ctrl-C and the other requests to stop this process.
//!
//! A signal stops nothing by itself: every loop that waits polls the counter here, and cleans up
//! before it returns.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

const POLL_INTERVAL: Duration = Duration::from_millis(30);

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

/// Calls `attempt` until it returns a value, and returns that; `None` after the timeout. Fails if this
/// process was asked to stop.
pub(crate) fn poll<T>(
    timeout: Duration,
    mut attempt: impl FnMut() -> Result<Option<T>>,
) -> Result<Option<T>> {
    let begin = Instant::now();
    loop {
        check()?;
        let value = attempt()?;
        if value.is_some() || begin.elapsed() > timeout {
            return Ok(value);
        }
        thread::sleep(POLL_INTERVAL);
    }
}
