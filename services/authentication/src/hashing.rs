//! Limiting how many passwords are hashed at the same time.
//!
//! Each hash uses 19 MiB and one core for about 20 ms. The limit leaves memory and cores for other
//! work. A bounded queue waits for a permit; requests beyond it are refused. Networks take turns:
//! besides the hashes that are running, a request waits for at most one of each other network before the
//! next of its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use accounts::argon::{self, ArgonError};
use accounts::password::{self, Verification};
use secrecy::SecretString;
use service_kit::client::Network;
use tokio::sync::{Mutex as AsyncMutex, OwnedSemaphorePermit, Semaphore};

/// The timeout of the queue, shorter than that of a use case, so that clients get 429 and not 503.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(4);

/// Hashes passwords. Cheap to clone; clones share the limits.
#[derive(Clone)]
pub(crate) struct Hasher {
    permits: Arc<Semaphore>,
    queue: Arc<Queue>,
}

/// The requests that wait for a permit or hold one.
struct Queue {
    capacity: usize,
    /// The networks that have slots.
    networks: Mutex<HashMap<Network, Slots>>,
}

/// The slots of one network.
#[derive(Default)]
struct Slots {
    count: usize,
    /// Held by the one request of the network that waits for a permit; the others wait for the turn.
    turn: Arc<AsyncMutex<()>>,
}

/// A place in the queue, which is free again when it is dropped.
pub(crate) struct Place {
    permits: Arc<Semaphore>,
    slot: Slot,
}

/// A slot of the queue, released when it is dropped.
struct Slot {
    queue: Arc<Queue>,
    network: Network,
    turn: Arc<AsyncMutex<()>>,
}

/// The permit to hash one password. It is released when the hash is done, even if the client has
/// disconnected.
pub(crate) struct HashPermit {
    _permit: OwnedSemaphorePermit,
    _slot: Slot,
}

/// Why a password was not hashed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HashError {
    #[error("too many passwords are waiting to be hashed")]
    Busy,
    #[error(transparent)]
    Argon(#[from] ArgonError),
    #[error("the hashing thread failed")]
    Thread(#[from] tokio::task::JoinError),
}

impl Hasher {
    /// Allows `concurrent` hashes at the same time and `waiting` more requests in the queue.
    pub(crate) fn new(concurrent: u32, waiting: u32) -> Self {
        let count = |count: u32| {
            usize::try_from(count)
                .unwrap_or(usize::MAX)
                .min(Semaphore::MAX_PERMITS)
        };
        Self {
            permits: Arc::new(Semaphore::new(count(concurrent))),
            queue: Arc::new(Queue {
                capacity: count(concurrent.saturating_add(waiting)),
                networks: Mutex::default(),
            }),
        }
    }

    /// Enters the queue, unless it is full.
    pub(crate) fn enter(&self, network: Network) -> Result<Place, HashError> {
        let slot = self.queue.enter(network).ok_or(HashError::Busy)?;
        Ok(Place {
            permits: Arc::clone(&self.permits),
            slot,
        })
    }

    /// Enters the queue and waits for a permit.
    pub(crate) async fn permit(&self, network: Network) -> Result<HashPermit, HashError> {
        self.enter(network)?.permit().await
    }
}

impl Place {
    /// Waits for a permit, unless the timeout expires.
    async fn permit(self) -> Result<HashPermit, HashError> {
        let permit = async {
            let _turn = self.slot.turn.lock().await;
            self.permits.acquire_owned().await
        };
        let permit = tokio::time::timeout(QUEUE_TIMEOUT, permit)
            .await
            .map_err(|_| HashError::Busy)?
            // The semaphore is never closed.
            .map_err(|_| HashError::Busy)?;
        Ok(HashPermit {
            _permit: permit,
            _slot: self.slot,
        })
    }

    /// Waits for a permit, and compares a password with the hash of an account; see
    /// [`password::verify`].
    pub(crate) async fn verify(
        self,
        password: SecretString,
        stored: Option<String>,
    ) -> Result<Verification, HashError> {
        let permit = self.permit().await?;
        permit
            .run(move || password::verify(&password, stored.as_deref()))
            .await
    }
}

impl Queue {
    /// Returns a slot if the network has fewer slots than are free. A single network gets at most half
    /// of the queue, and the last slots remain for networks that have none.
    fn enter(self: &Arc<Self>, network: Network) -> Option<Slot> {
        let mut networks = self.networks();
        let used: usize = networks.values().map(|slots| slots.count).sum();
        let held = networks.get(&network).map_or(0, |slots| slots.count);
        if held >= self.capacity.saturating_sub(used) {
            return None;
        }
        let slots = networks.entry(network).or_default();
        slots.count += 1;
        Some(Slot {
            queue: Arc::clone(self),
            network,
            turn: Arc::clone(&slots.turn),
        })
    }

    fn networks(&self) -> MutexGuard<'_, HashMap<Network, Slots>> {
        self.networks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut networks = self.queue.networks();
        match networks.get_mut(&self.network) {
            Some(slots) if slots.count > 1 => slots.count -= 1,
            _ => drop(networks.remove(&self.network)),
        }
    }
}

impl HashPermit {
    pub(crate) async fn hash(self, password: SecretString) -> Result<String, HashError> {
        self.run(move || argon::hash(&password)).await
    }

    async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce() -> Result<T, ArgonError> + Send + 'static,
    ) -> Result<T, HashError> {
        let permit = self;
        let task = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        Ok(task.await??)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(number: u8) -> Network {
        Network::of([192, 0, 2, number].into())
    }

    #[tokio::test]
    async fn given_a_full_queue_when_another_request_arrives_then_it_is_refused() {
        let hasher = Hasher::new(1, 1);
        let first = hasher.permit(network(1)).await.expect("a permit");
        let mut second = Box::pin(hasher.permit(network(2)));
        assert!(futures::poll!(second.as_mut()).is_pending());
        let third = hasher.permit(network(3)).await;
        assert!(matches!(third, Err(HashError::Busy)));
        drop(first);
        assert!(second.await.is_ok());
        assert!(hasher.permit(network(3)).await.is_ok());
    }

    #[test]
    fn given_networks_that_fill_the_queue_when_another_network_arrives_then_it_gets_the_free_slot()
    {
        let queue = Arc::new(Queue {
            capacity: 100,
            networks: Mutex::default(),
        });
        let all_of = |number: u8| -> Vec<Slot> {
            std::iter::from_fn(|| queue.enter(network(number))).collect()
        };
        let mut full: Vec<Vec<Slot>> = (0..7).map(all_of).collect();
        assert_eq!(full.iter().map(Vec::len).sum::<usize>(), 100);
        assert_eq!(full[0].len(), 50);
        full[0].pop();
        for number in 0..7 {
            assert!(queue.enter(network(number)).is_none(), "{number}");
        }
        assert_eq!(all_of(7).len(), 1);
        drop(full);
        assert!(queue.networks().is_empty());
    }

    #[tokio::test]
    async fn given_a_network_with_many_waiting_requests_when_another_network_arrives_then_it_is_second()
     {
        let hasher = Hasher::new(1, 100);
        let running = hasher.permit(network(1)).await.expect("a permit");
        let mut first = Box::pin(hasher.permit(network(1)));
        let mut second = Box::pin(hasher.permit(network(1)));
        let mut other = Box::pin(hasher.permit(network(2)));
        for waiting in [&mut first, &mut second, &mut other] {
            assert!(futures::poll!(waiting).is_pending());
        }
        drop(running);
        let running = first.await.expect("a permit");
        assert!(futures::poll!(&mut second).is_pending());
        assert!(futures::poll!(&mut other).is_pending());
        drop(running);
        assert!(futures::poll!(&mut second).is_pending());
        assert!(futures::poll!(&mut other).is_ready());
    }

    #[tokio::test]
    async fn given_a_client_that_disconnects_when_hashing_then_the_permit_is_held_until_the_hash_is_done()
     {
        let hasher = Hasher::new(1, 0);
        let (started, has_started) = std::sync::mpsc::sync_channel(1);
        let (finish, may_finish) = std::sync::mpsc::sync_channel(1);
        let permit = hasher.permit(network(1)).await.expect("a permit");
        let mut call = Box::pin(permit.run(move || {
            started.send(()).expect("the test listens");
            may_finish.recv().expect("the test decides when");
            Ok(())
        }));
        assert!(futures::poll!(call.as_mut()).is_pending());
        has_started.recv().expect("it started");
        drop(call);
        let early = hasher.permit(network(1)).await;
        assert!(matches!(early, Err(HashError::Busy)));
        finish.send(()).expect("it is still running");
        while hasher.permit(network(1)).await.is_err() {
            tokio::task::yield_now().await;
        }
    }
}
