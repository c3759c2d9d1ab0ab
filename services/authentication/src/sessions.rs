//! Opening, refreshing and ending sessions.

use std::net::IpAddr;

use identity::{Email, Issuer};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use service_kit::mongo::StoreError;

use crate::argon::Verdict;
use crate::hashing::{HashError, Hasher};
use crate::rules::login_limit::{Counted, LoginLimits, Wait};
use crate::rules::password;
use crate::rules::refresh::{Decision, RefreshToken, SessionLifetimes, decide};
use crate::store::{Reservation, Reserved, Session, SessionEnd, Store, User};

/// Opens, refreshes and ends sessions. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Sessions {
    pub(crate) store: Store,
    pub(crate) hasher: Hasher,
    pub(crate) issuer: Issuer,
    pub(crate) lifetimes: SessionLifetimes,
    pub(crate) limits: LoginLimits,
}

/// Somebody who says who they are.
#[derive(Clone, Debug)]
pub(crate) struct LoginAttempt {
    pub(crate) email: Email,
    pub(crate) password: SecretString,
    pub(crate) address: IpAddr,
}

/// What a session gives its holder.
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: RefreshToken,
}

/// Why nobody was logged in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoginError {
    #[error("incorrect e-mail or password")]
    Incorrect,
    #[error("too many failed log-ins")]
    TooManyFailures(Wait),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error("no random numbers")]
    Random(#[from] getrandom::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a session was not refreshed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RefreshError {
    #[error("incorrect refresh token")]
    Incorrect,
    #[error("no random numbers")]
    Random(#[from] getrandom::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Sessions {
    /// Opens a session for whoever knows the password.
    pub(crate) async fn log_in(
        &self,
        attempt: LoginAttempt,
        now: Timestamp,
    ) -> Result<Tokens, LoginError> {
        let account = attempt.email.fingerprint();
        if password::is_too_long(attempt.password.expose_secret()) {
            return Err(LoginError::Incorrect);
        }
        let counted = self.limits.counted(&attempt.email, attempt.address);
        // Whoever has to wait must not take the place of others in the queue.
        self.refuse_if_too_many(&counted, now)
            .await
            .inspect_err(|error| {
                if matches!(error, LoginError::TooManyFailures(_)) {
                    tracing::warn!(target: "audit", account, address = %attempt.address, "a log-in was refused: too many have failed");
                }
            })?;
        let user = self.store.user_by_email(&attempt.email).await?;
        let turn = self.hasher.turn().await?;
        let reservations = self.reserve(&counted, now).await?;
        let stored_hash = user.as_ref().map(|user| user.password_hash.clone());
        let verdict = turn.verify(attempt.password, stored_hash).await?;
        let (Some(user), Verdict::Right { rehashed }) = (user, verdict) else {
            tracing::info!(target: "audit", account, address = %attempt.address, "a log-in failed");
            return Err(LoginError::Incorrect);
        };
        self.release(&reservations).await?;
        if let Some(new_hash) = rehashed {
            self.store.replace_hash(&user, &new_hash).await?;
        }
        self.open(&user, now).await
    }

    /// Swaps a refresh token for new tokens; ends the session of one that was copied.
    pub(crate) async fn refresh(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Tokens, RefreshError> {
        let token = RefreshToken::parse(token)
            .ok_or(RefreshError::Incorrect)?
            .digest();
        let session = self
            .store
            .session_of(token)
            .await?
            .ok_or(RefreshError::Incorrect)?;
        match decide(&session.state, token, now) {
            Decision::Rotate => {}
            Decision::Refuse => return Err(RefreshError::Incorrect),
            Decision::Revoke => {
                self.store.end_session(session.id).await?;
                tracing::warn!(target: "audit", session = %session.id, "a spent refresh token came back: session ended");
                return Err(RefreshError::Incorrect);
            }
        }
        let Some(user) = self.store.user(session.user).await? else {
            self.store.end_session(session.id).await?;
            return Err(RefreshError::Incorrect);
        };
        let new = new_token()?;
        let expires_at = self.lifetimes.expiry(session.ends_at_latest, now);
        if !self
            .store
            .rotate(&session, token, new.digest(), expires_at, now)
            .await?
        {
            return Err(RefreshError::Incorrect);
        }
        tracing::debug!(target: "audit", session = %session.id, "a session was refreshed");
        Ok(self.tokens(&user, new, now))
    }

    /// Ends the session of a refresh token, if there is one.
    pub(crate) async fn log_out(&self, token: &str) -> Result<(), StoreError> {
        let Some(token) = RefreshToken::parse(token) else {
            return Ok(());
        };
        let Some(Session { id, .. }) = self.store.session_of(token.digest()).await? else {
            return Ok(());
        };
        self.store.end_session(id).await?;
        tracing::info!(target: "audit", session = %id, "a session was ended by its holder");
        Ok(())
    }

    async fn open(&self, user: &User, now: Timestamp) -> Result<Tokens, LoginError> {
        let token = new_token()?;
        let at_latest = self.lifetimes.latest_end(now);
        let end = SessionEnd {
            expires_at: self.lifetimes.expiry(at_latest, now),
            at_latest,
        };
        let session = self
            .store
            .open_session(user.id, token.digest(), end)
            .await?;
        let account = user.email.fingerprint();
        tracing::info!(target: "audit", account, %session, "a session was opened");
        Ok(self.tokens(user, token, now))
    }

    fn tokens(&self, user: &User, refresh: RefreshToken, now: Timestamp) -> Tokens {
        Tokens {
            access: self.issuer.issue(&user.email, user.role, now),
            refresh,
        }
    }

    async fn refuse_if_too_many(
        &self,
        counted: &[Counted; 2],
        now: Timestamp,
    ) -> Result<(), LoginError> {
        let failures = self.store.failures(counted).await?;
        for (counted, failures) in counted.iter().zip(&failures) {
            self.limits
                .judge(failures, counted.limit, now)
                .map_err(LoginError::TooManyFailures)?;
        }
        Ok(())
    }

    /// Counts the log-in as failed before it is known: a hundred guesses at once must not all
    /// find the count below its limit.
    async fn reserve(
        &self,
        counted: &[Counted; 2],
        now: Timestamp,
    ) -> Result<Vec<Reservation>, LoginError> {
        let mut reservations = Vec::with_capacity(counted.len());
        for counted in counted {
            match self
                .store
                .reserve_failure(counted, &self.limits, now)
                .await?
            {
                Reserved::Yes(reservation) => reservations.push(reservation),
                Reserved::Full(failures) => {
                    self.release(&reservations).await?;
                    let wait = self
                        .limits
                        .judge(&failures, counted.limit, now)
                        .err()
                        .unwrap_or(Wait(1));
                    return Err(LoginError::TooManyFailures(wait));
                }
            }
        }
        Ok(reservations)
    }

    async fn release(&self, reservations: &[Reservation]) -> Result<(), StoreError> {
        let releases = reservations
            .iter()
            .map(|reservation| self.store.release_failure(reservation));
        futures::future::try_join_all(releases).await?;
        Ok(())
    }
}

fn new_token() -> Result<RefreshToken, getrandom::Error> {
    let mut random = [0; 32];
    getrandom::fill(&mut random)?;
    Ok(RefreshToken::of(random))
}
