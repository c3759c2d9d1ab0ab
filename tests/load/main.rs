//! Load tests, and latencies that the shop guarantees. Each runs alone on the machine.

mod contention;
mod latency;
mod load_balancer;
mod rolling_restart;
mod upgrade;

use tokio::sync::{Mutex, MutexGuard};

static MACHINE: Mutex<()> = Mutex::const_new(());

/// Reserves the machine for one test while the guard lives.
async fn reserve_machine() -> MutexGuard<'static, ()> {
    MACHINE.lock().await
}
