//! Counting what may be tried only so often.

use jiff::Timestamp;
use mongo::StoreError;

use crate::rules::attempts::{AttemptLimits, Counted, Wait};
use crate::store::{Reservation, Reserved, Store};

/// Counts attempts. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Attempts {
    pub(crate) store: Store,
    pub(crate) limits: AttemptLimits,
}

/// Why an attempt is not allowed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AttemptError {
    #[error("too many attempts")]
    TooMany(Wait),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Attempts {
    /// Refuses an attempt for which there is no place left, without taking one.
    pub(crate) async fn refuse_if_too_many(
        &self,
        counted: &[Counted],
        now: Timestamp,
    ) -> Result<(), AttemptError> {
        let attempts = self.store.attempts(counted).await?;
        for (counted, attempts) in counted.iter().zip(&attempts) {
            self.limits
                .judge(attempts, counted.limit, now)
                .map_err(AttemptError::TooMany)?;
        }
        Ok(())
    }

    /// Counts an attempt before its outcome is known: a hundred guesses at once must not all
    /// find the count below its limit.
    pub(crate) async fn reserve(
        &self,
        counted: &[Counted],
        now: Timestamp,
    ) -> Result<Vec<Reservation>, AttemptError> {
        let mut reservations = Vec::with_capacity(counted.len());
        for counted in counted {
            match self
                .store
                .reserve_attempt(counted, &self.limits, now)
                .await?
            {
                Reserved::Yes(reservation) => reservations.push(reservation),
                Reserved::Full(attempts) => {
                    self.release(&reservations).await?;
                    let wait = self
                        .limits
                        .judge(&attempts, counted.limit, now)
                        .err()
                        .unwrap_or(Wait(1));
                    return Err(AttemptError::TooMany(wait));
                }
            }
        }
        Ok(reservations)
    }

    /// Gives places back, because the attempt is not to count.
    pub(crate) async fn release(&self, reservations: &[Reservation]) -> Result<(), StoreError> {
        let releases = reservations
            .iter()
            .map(|reservation| self.store.release_attempt(reservation));
        futures::future::try_join_all(releases).await?;
        Ok(())
    }
}
