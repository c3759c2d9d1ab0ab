//! Opening, refreshing and ending sessions.

use std::net::IpAddr;

use domain::Email;
use identity::Issuer;
use jiff::Timestamp;
use mongo::StoreError;
use secrecy::{ExposeSecret, SecretString};
use service_kit::client::Network;

use crate::argon::Verdict;
use crate::attempts::{AttemptError, Attempts};
use crate::hashing::{HashError, Hasher};
use crate::rules::attempts::Wait;
use crate::rules::password;
use crate::rules::refresh::{Decision, MOST_SESSIONS, RefreshToken, SessionLifetimes, decide};
use crate::store::{SessionEnd, Store, User};

/// Opens, refreshes and ends sessions. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Sessions {
    pub(crate) store: Store,
    pub(crate) hasher: Hasher,
    pub(crate) issuer: Issuer,
    pub(crate) lifetimes: SessionLifetimes,
    pub(crate) attempts: Attempts,
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
        let network = Network::of(attempt.address);
        let is_known = self.store.is_known_network(&attempt.email, network).await?;
        let limits = &self.attempts.limits;
        let counted = limits.failure(&attempt.email, network, is_known);
        // Whoever has to wait must not take the place of others in the queue.
        self.attempts
            .refuse_if_too_many(&counted, now)
            .await
            .inspect_err(|error| {
                if matches!(error, AttemptError::TooMany(_)) {
                    tracing::warn!(target: "audit", account, address = %attempt.address, "a log-in was refused: too many have failed");
                }
            })?;
        let user = self.store.user_by_email(&attempt.email).await?;
        let turn = self.hasher.turn(network).await?;
        let reservations = self.attempts.reserve(&counted, now).await?;
        let stored_hash = user.as_ref().map(|user| user.password_hash.clone());
        let verdict = turn.verify(attempt.password, stored_hash).await?;
        let (Some(user), Verdict::Right { rehashed }) = (user, verdict) else {
            tracing::info!(target: "audit", account, address = %attempt.address, "a log-in failed");
            return Err(LoginError::Incorrect);
        };
        self.attempts.release(&reservations).await?;
        if let Some(new_hash) = rehashed {
            self.store.replace_hash(&user, &new_hash).await?;
        }
        let until = self.lifetimes.latest_end(now);
        self.store
            .remember_network(&user.email, network, until)
            .await?;
        self.open(&user, now).await
    }

    /// Swaps a refresh token for new tokens; ends the session of one that was copied.
    pub(crate) async fn refresh(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Tokens, RefreshError> {
        let token = RefreshToken::parse(token).ok_or(RefreshError::Incorrect)?;
        let session = self
            .store
            .session(token.session())
            .await?
            .ok_or(RefreshError::Incorrect)?;
        match decide(&session.state, token.digest(), now) {
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
        let new = token.next(random()?);
        let expires_at = self.lifetimes.expiry(session.ends_at_latest, now);
        if !self
            .store
            .rotate(session.id, token.digest(), new.digest(), expires_at, now)
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
        let session = token.session();
        if self.store.end_session(session).await? {
            tracing::info!(target: "audit", %session, "a session was ended by its holder");
        }
        Ok(())
    }

    async fn open(&self, user: &User, now: Timestamp) -> Result<Tokens, LoginError> {
        let token = RefreshToken::first(random()?);
        let at_latest = self.lifetimes.latest_end(now);
        let end = SessionEnd {
            expires_at: self.lifetimes.expiry(at_latest, now),
            at_latest,
        };
        let session = token.session();
        self.store
            .open_session(session, user.id, token.digest(), end)
            .await?;
        let account = user.email.fingerprint();
        tracing::info!(target: "audit", account, %session, "a session was opened");
        let ended = self
            .store
            .end_oldest_sessions(user.id, MOST_SESSIONS)
            .await?;
        if ended > 0 {
            tracing::info!(target: "audit", account, ended, "the oldest sessions were ended: there were too many");
        }
        Ok(self.tokens(user, token, now))
    }

    fn tokens(&self, user: &User, refresh: RefreshToken, now: Timestamp) -> Tokens {
        Tokens {
            access: self.issuer.issue(&user.email, user.role, now),
            refresh,
        }
    }
}

impl From<AttemptError> for LoginError {
    fn from(error: AttemptError) -> Self {
        match error {
            AttemptError::TooMany(wait) => Self::TooManyFailures(wait),
            AttemptError::Store(error) => Self::Store(error),
        }
    }
}

fn random<const BYTES: usize>() -> Result<[u8; BYTES], getrandom::Error> {
    let mut random = [0; BYTES];
    getrandom::fill(&mut random)?;
    Ok(random)
}
