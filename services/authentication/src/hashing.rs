//! So many passwords are hashed at once and no more.
//!
//! Each hash takes 19 MiB and a core for some 20 ms. Two at once leave the other cores and the
//! memory alone; a few dozen may wait a while; a storm beyond that is sent away.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use service_kit::client::Network;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::argon::{self, ArgonError, Verdict};

/// How long a call may wait for its turn. The gateway gives up after ten seconds, and hears sooner
/// what is the matter.
const PATIENCE: Duration = Duration::from_secs(5);

/// Hashes passwords. Cheap to clone; clones share the limits.
#[derive(Clone)]
pub(crate) struct Hasher {
    at_once: Arc<Semaphore>,
    queue: Arc<Queue>,
}

/// Those who wait or have their turn.
struct Queue {
    places: usize,
    /// How many places each network has; those that have none are not in here.
    taken: Mutex<HashMap<Network, usize>>,
}

/// A place in the queue, given back when it is dropped.
struct Place {
    queue: Arc<Queue>,
    network: Network,
}

/// The right to hash one password now. It is given back when the hash is done, even if nobody
/// waits for it any more.
pub(crate) struct Turn {
    _at_once: OwnedSemaphorePermit,
    _place: Place,
}

/// Why a password was not hashed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HashError {
    #[error("too many passwords wait to be hashed")]
    Busy,
    #[error(transparent)]
    Argon(#[from] ArgonError),
    #[error("the hashing thread failed")]
    Thread(#[from] tokio::task::JoinError),
}

impl Hasher {
    /// Hashes `at_once` passwords at the same time, while `waiting` more may wait.
    pub(crate) fn new(at_once: u32, waiting: u32) -> Self {
        let count = |count: u32| {
            usize::try_from(count)
                .unwrap_or(usize::MAX)
                .min(Semaphore::MAX_PERMITS)
        };
        Self {
            at_once: Arc::new(Semaphore::new(count(at_once))),
            queue: Arc::new(Queue {
                places: count(at_once.saturating_add(waiting)),
                taken: Mutex::default(),
            }),
        }
    }

    /// Waits for a turn, unless too many wait already or it takes too long.
    pub(crate) async fn turn(&self, network: Network) -> Result<Turn, HashError> {
        let place = self.queue.enter(network).ok_or(HashError::Busy)?;
        // The semaphore is never closed; if it were, nobody could be served.
        let at_once = tokio::time::timeout(PATIENCE, self.at_once.clone().acquire_owned())
            .await
            .map_err(|_| HashError::Busy)?
            .map_err(|_| HashError::Busy)?;
        Ok(Turn {
            _at_once: at_once,
            _place: place,
        })
    }
}

impl Queue {
    /// A network gets another place while it has fewer than are free. So one alone gets half of
    /// them, and the last ones go to whoever has none yet, however often the others ask.
    fn enter(self: &Arc<Self>, network: Network) -> Option<Place> {
        let mut taken = self.taken();
        let own = taken.get(&network).copied().unwrap_or_default();
        let free = self.places.saturating_sub(taken.values().sum());
        (own < free).then(|| {
            taken.insert(network, own + 1);
            Place {
                queue: Arc::clone(self),
                network,
            }
        })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<Network, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.queue.taken();
        match taken.get_mut(&self.network) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(taken.remove(&self.network)),
        }
    }
}

impl Turn {
    /// Makes a hash to store.
    pub(crate) async fn hash(self, password: SecretString) -> Result<String, HashError> {
        self.run(move || argon::hash(&password)).await
    }

    /// Compares a password with a stored hash. Without one it does the same work and finds the
    /// password wrong, so that the time does not tell whether there is an account.
    pub(crate) async fn verify(
        self,
        password: SecretString,
        stored: Option<String>,
    ) -> Result<Verdict, HashError> {
        self.run(move || match stored {
            Some(stored) => argon::verify(&password, &stored),
            None => argon::hash(&password).map(|_| Verdict::Wrong),
        })
        .await
    }

    async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce() -> Result<T, ArgonError> + Send + 'static,
    ) -> Result<T, HashError> {
        let turn = self;
        let done = tokio::task::spawn_blocking(move || {
            let outcome = work();
            drop(turn);
            outcome
        });
        Ok(done.await??)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(number: u8) -> Network {
        Network::of([192, 0, 2, number].into())
    }

    #[tokio::test]
    async fn given_no_stored_hash_when_compared_then_the_password_is_wrong() {
        let turn = Hasher::new(1, 0).turn(network(1)).await.expect("a turn");
        assert_eq!(
            turn.verify("correct horse".into(), None)
                .await
                .expect("compares"),
            Verdict::Wrong
        );
    }

    #[tokio::test]
    async fn given_a_full_queue_when_another_comes_then_it_is_sent_away() {
        let hasher = Hasher::new(1, 1);
        let first = hasher.turn(network(1)).await.expect("a turn");
        let mut second = Box::pin(hasher.turn(network(2)));
        assert!(futures::poll!(second.as_mut()).is_pending());
        let third = hasher.turn(network(3)).await;
        assert!(matches!(third, Err(HashError::Busy)));
        drop(first);
        assert!(second.await.is_ok());
        assert!(hasher.turn(network(3)).await.is_ok());
    }

    #[test]
    fn given_networks_that_take_all_they_get_when_others_come_then_what_is_free_is_theirs() {
        let queue = Arc::new(Queue {
            places: 100,
            taken: Mutex::default(),
        });
        let all_of = |number: u8| -> Vec<Place> {
            std::iter::from_fn(|| queue.enter(network(number))).collect()
        };
        let mut greedy: Vec<Vec<Place>> = (0..7).map(all_of).collect();
        assert_eq!(greedy.iter().map(Vec::len).sum::<usize>(), 100);
        assert_eq!(greedy[0].len(), 50);
        greedy[0].pop();
        for number in 0..7 {
            assert!(queue.enter(network(number)).is_none(), "{number}");
        }
        assert_eq!(all_of(7).len(), 1);
        drop(greedy);
        assert!(queue.taken().is_empty());
    }

    #[tokio::test]
    async fn given_a_caller_who_goes_away_when_hashing_then_the_turn_is_kept_until_it_is_done() {
        let hasher = Hasher::new(1, 0);
        let (started, has_started) = std::sync::mpsc::channel();
        let (finish, may_finish) = std::sync::mpsc::channel();
        let turn = hasher.turn(network(1)).await.expect("a turn");
        let mut call = Box::pin(turn.run(move || {
            started.send(()).expect("the test listens");
            may_finish.recv().expect("the test says when");
            Ok(())
        }));
        assert!(futures::poll!(call.as_mut()).is_pending());
        has_started.recv().expect("it started");
        drop(call);
        let early = hasher.turn(network(1)).await;
        assert!(matches!(early, Err(HashError::Busy)));
        finish.send(()).expect("it still runs");
        while hasher.turn(network(1)).await.is_err() {
            tokio::task::yield_now().await;
        }
    }
}
