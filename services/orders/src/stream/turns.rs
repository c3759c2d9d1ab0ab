//! Turns at reading the past: few at a time, and for each buyer one.
//!
//! After a restart all clients reconnect, and each reads what it missed. A buyer's many streams wait
//! for each other, so they delay the streams of another buyer no more than one would.

use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore, SemaphorePermit};

/// The maximum number of concurrent reads.
const MAX_READS: usize = 8;

static READS: Semaphore = Semaphore::const_new(MAX_READS);

/// The turns of one buyer. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns(Arc<Mutex<()>>);

/// A turn, until it is dropped.
pub(super) struct Turn {
    _read: SemaphorePermit<'static>,
    _of_buyer: OwnedMutexGuard<()>,
}

impl Turns {
    /// Waits for a turn, in the order of the calls.
    pub(super) async fn take(&self) -> Option<Turn> {
        let of_buyer = Arc::clone(&self.0).lock_owned().await;
        let read = READS.acquire().await.ok()?;
        Some(Turn {
            _read: read,
            _of_buyer: of_buyer,
        })
    }
}
