//! What is tried with nothing beside it: the load, and what is promised in seconds.

mod crowd;
mod promises;
mod rolling;

use tokio::sync::{Mutex, MutexGuard};

static MACHINE: Mutex<()> = Mutex::const_new(());

/// The machine for one test alone, for as long as the value lives.
async fn alone() -> MutexGuard<'static, ()> {
    MACHINE.lock().await
}
