//! Counting and limiting attempts.

use jiff::Timestamp;
use mongo::StoreError;

use crate::attempt_limits::{AttemptCounter, AttemptLimits, RetryAfter};
use crate::store::{Reservation, ReserveOutcome, Store};

/// Counts attempts. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Attempts {
    pub(crate) store: Store,
    pub(crate) limits: AttemptLimits,
}

/// Why an attempt is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AttemptError {
    #[error(transparent)]
    TooMany(#[from] RetryAfter),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Attempts {
    /// Refuses an attempt that would exceed a limit, without counting it.
    pub(crate) async fn check(
        &self,
        counters: &[AttemptCounter],
        now: Timestamp,
    ) -> Result<(), AttemptError> {
        let attempts = self.store.attempts(counters).await?;
        for (counter, attempts) in counters.iter().zip(&attempts) {
            self.limits.check(attempts, counter.limit, now)?;
        }
        Ok(())
    }

    /// Counts an attempt, unless it would exceed a limit. Called before the outcome is known, so that
    /// concurrent attempts cannot all find the count below its limit.
    pub(crate) async fn reserve(
        &self,
        counters: &[AttemptCounter],
        now: Timestamp,
    ) -> Result<Vec<Reservation>, AttemptError> {
        let reserve = |counter| self.store.reserve_attempt(counter, &self.limits, now);
        let outcomes = futures::future::try_join_all(counters.iter().map(reserve)).await?;
        let mut reservations = Vec::with_capacity(counters.len());
        let mut refusal = None;
        for (counter, outcome) in counters.iter().zip(outcomes) {
            match outcome {
                ReserveOutcome::Reserved(reservation) => reservations.push(reservation),
                ReserveOutcome::LimitReached(attempts) => {
                    let wait = self.limits.check(&attempts, counter.limit, now);
                    refusal.get_or_insert(wait.err().unwrap_or(RetryAfter(1)));
                }
            }
        }
        if let Some(refusal) = refusal {
            self.release(&reservations).await?;
            return Err(refusal.into());
        }
        Ok(reservations)
    }

    /// Removes an attempt from the counters that counted it.
    pub(crate) async fn release(&self, reservations: &[Reservation]) -> Result<(), StoreError> {
        let releases = reservations
            .iter()
            .map(|reservation| self.store.release_attempt(reservation));
        futures::future::try_join_all(releases).await?;
        Ok(())
    }
}
