//! So many passwords are hashed at once and no more.
//!
//! Each hash takes 19 MiB and a core for some 20 ms. Two at once leave the other cores and the
//! memory alone; a few dozen may wait a while; a storm beyond that is sent away.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::argon::{self, ArgonError, Verdict};

/// How long a call may wait for its turn. The gateway gives up after ten seconds, and hears sooner
/// what is the matter.
const PATIENCE: Duration = Duration::from_secs(5);

/// Hashes passwords. Cheap to clone; clones share the limits.
#[derive(Clone)]
pub(crate) struct Hasher {
    at_once: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
}

/// The right to hash one password now. It is given back when the hash is done, even if nobody
/// waits for it any more.
pub(crate) struct Turn {
    _permits: [OwnedSemaphorePermit; 2],
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
        let permits = |count: u32| {
            usize::try_from(count)
                .unwrap_or(usize::MAX)
                .min(Semaphore::MAX_PERMITS)
        };
        Self {
            at_once: Arc::new(Semaphore::new(permits(at_once))),
            admitted: Arc::new(Semaphore::new(permits(at_once.saturating_add(waiting)))),
        }
    }

    /// Waits for a turn, unless too many wait already or it takes too long.
    pub(crate) async fn turn(&self) -> Result<Turn, HashError> {
        let admitted = self
            .admitted
            .clone()
            .try_acquire_owned()
            .map_err(|_| HashError::Busy)?;
        // The semaphore is never closed; if it were, nobody could be served.
        let at_once = tokio::time::timeout(PATIENCE, self.at_once.clone().acquire_owned())
            .await
            .map_err(|_| HashError::Busy)?
            .map_err(|_| HashError::Busy)?;
        Ok(Turn {
            _permits: [admitted, at_once],
        })
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

    #[tokio::test]
    async fn given_no_stored_hash_when_compared_then_the_password_is_wrong() {
        let turn = Hasher::new(1, 0).turn().await.expect("a turn");
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
        let first = hasher.turn().await.expect("a turn");
        let mut second = Box::pin(hasher.turn());
        assert!(futures::poll!(second.as_mut()).is_pending());
        assert!(matches!(hasher.turn().await, Err(HashError::Busy)));
        drop(first);
        assert!(second.await.is_ok());
        assert!(hasher.turn().await.is_ok());
    }

    #[tokio::test]
    async fn given_a_caller_who_goes_away_when_hashing_then_the_turn_is_kept_until_it_is_done() {
        let hasher = Hasher::new(1, 0);
        let (started, has_started) = std::sync::mpsc::channel();
        let (finish, may_finish) = std::sync::mpsc::channel();
        let turn = hasher.turn().await.expect("a turn");
        let mut call = Box::pin(turn.run(move || {
            started.send(()).expect("the test listens");
            may_finish.recv().expect("the test says when");
            Ok(())
        }));
        assert!(futures::poll!(call.as_mut()).is_pending());
        has_started.recv().expect("it started");
        drop(call);
        assert!(matches!(hasher.turn().await, Err(HashError::Busy)));
        finish.send(()).expect("it still runs");
        while hasher.turn().await.is_err() {
            tokio::task::yield_now().await;
        }
    }
}
