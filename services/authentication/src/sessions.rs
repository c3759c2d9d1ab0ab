//! Opening, refreshing and ending sessions.

use std::net::IpAddr;

use accounts::User;
use accounts::password::{self, Verification};
use domain::Email;
use identity::Issuer;
use jiff::Timestamp;
use mongo::StoreError;
use secrecy::{ExposeSecret, SecretString};
use service_kit::client::Network;

use crate::attempts::{AttemptError, Attempts};
use crate::hashing::{HashError, Hasher};
use crate::refresh::{
    Decision, MAX_SESSIONS, RefreshToken, SessionLifetimes, SuccessorKey, decide,
};
use crate::store::{Read, Rotation, SessionEnd, Store};

/// Opens, refreshes and ends sessions. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Sessions {
    pub(crate) store: Store,
    pub(crate) hasher: Hasher,
    pub(crate) issuer: Issuer,
    pub(crate) lifetimes: SessionLifetimes,
    pub(crate) attempts: Attempts,
}

/// The credentials of a log-in and the address of the client.
#[derive(Clone, Debug)]
pub(crate) struct LoginAttempt {
    pub(crate) email: Email,
    pub(crate) password: SecretString,
    pub(crate) address: IpAddr,
}

pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: RefreshToken,
}

/// Why a log-in failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoginError {
    #[error("incorrect e-mail or password")]
    Incorrect,
    #[error(transparent)]
    Attempt(#[from] AttemptError),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error("cannot generate a refresh token")]
    Random(#[from] getrandom::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a refresh failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RefreshError {
    #[error("incorrect refresh token")]
    Incorrect,
    #[error("cannot generate a refresh token")]
    Random(#[from] getrandom::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Sessions {
    /// Verifies the password and opens a session.
    pub(crate) async fn log_in(
        &self,
        attempt: LoginAttempt,
        now: Timestamp,
    ) -> Result<Tokens, LoginError> {
        if password::is_too_long(attempt.password.expose_secret()) {
            return Err(LoginError::Incorrect);
        }
        let network = Network::of(attempt.address);
        let user = self.authenticate(attempt, network, now).await?;
        let until = self.lifetimes.latest_end(now);
        self.store
            .remember_network(&user.email, network, until)
            .await?;
        self.open(&user, now).await
    }

    async fn authenticate(
        &self,
        attempt: LoginAttempt,
        network: Network,
        now: Timestamp,
    ) -> Result<User, LoginError> {
        let (account, address) = (attempt.email.fingerprint(), attempt.address);
        let is_known = self.store.is_known_network(&attempt.email, network).await?;
        let counters = self
            .attempts
            .limits
            .failure(&attempt.email, network, is_known);
        let audit_refusal = |error: &AttemptError| {
            if matches!(error, AttemptError::TooMany(_)) {
                tracing::warn!(target: "audit", account, %address, "a log-in was refused: too many failed log-ins");
            }
        };
        // A refused client neither writes nor waits for a hash.
        self.attempts
            .check(&counters, now)
            .await
            .inspect_err(audit_refusal)?;
        let place = self.hasher.enter(network)?;
        let user = self.store.users.by_email(&attempt.email).await?;
        let stored_hash = user.as_ref().map(|user| user.password_hash.clone());
        // Counted before its password is compared: of any number of concurrent guesses, no more are
        // compared than the limits allow. Neither this write nor the release holds a permit to hash,
        // because the database may be slow.
        let reservations = self
            .attempts
            .reserve(&counters, now)
            .await
            .inspect_err(audit_refusal)?;
        let verification = place.verify(attempt.password, stored_hash).await;
        if !matches!(verification, Ok(Verification::Mismatch)) {
            self.attempts.release(&reservations).await?;
        }
        let (Some(user), Verification::Match { rehashed }) = (user, verification?) else {
            tracing::info!(target: "audit", account, %address, "a log-in failed");
            return Err(LoginError::Incorrect);
        };
        if let Some(new_hash) = rehashed {
            self.store.users.replace_hash(&user, &new_hash).await?;
        }
        Ok(user)
    }

    /// Exchanges a refresh token for new tokens, or ends its session if the token was copied. A repeat
    /// within the grace gets the same refresh token. A token is refused only after a read of the latest
    /// state. `now` only dates the access token.
    pub(crate) async fn refresh(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Tokens, RefreshError> {
        let token = RefreshToken::parse(token).ok_or(RefreshError::Incorrect)?;
        let mut read = Read::Committed;
        loop {
            match self.try_refresh(&token, read, now).await {
                Ok(Some(tokens)) => return Ok(tokens),
                Ok(None) => {}
                Err(RefreshError::Incorrect) if read == Read::Committed => {
                    read = Read::Latest;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// `None` if the session that was read is outdated: a concurrent request has changed it, or the
    /// database has failed over.
    async fn try_refresh(
        &self,
        token: &RefreshToken,
        read: Read,
        now: Timestamp,
    ) -> Result<Option<Tokens>, RefreshError> {
        let (session, database_now) = tokio::try_join!(
            self.store.session(token.session_id(), read),
            self.store.now()
        )?;
        let session = session.ok_or(RefreshError::Incorrect)?;
        let (key, is_spent) = match decide(&session.state, token.digest(), database_now) {
            Decision::Rotate => (SuccessorKey(random()?), false),
            Decision::Repeat(key) => (key, true),
            Decision::Refuse => return Err(RefreshError::Incorrect),
            Decision::Revoke => {
                let current = session.state.current;
                if !self.store.end_session_at(session.id, current).await? {
                    return Ok(None);
                }
                tracing::warn!(target: "audit", session = %session.id, "a refresh token was reused after its rotation; the session was ended");
                return Err(RefreshError::Incorrect);
            }
        };
        let user = self.store.users.by_id(session.user).await?;
        let user = user.ok_or(RefreshError::Incorrect)?;
        let successor = token.successor(&key);
        let rotation = Rotation {
            spent: token.digest(),
            successor: successor.digest(),
            successor_key: key,
            expires_at: self.lifetimes.expiry(session.ends_at_latest, database_now),
        };
        if !is_spent && !self.store.rotate(session.id, rotation).await? {
            return Ok(None);
        }
        tracing::debug!(target: "audit", session = %session.id, is_spent, "a session was refreshed");
        Ok(Some(self.tokens(&user, successor, now)))
    }

    /// Ends the session of a refresh token, if it exists.
    pub(crate) async fn log_out(&self, token: &str) -> Result<(), StoreError> {
        let Some(token) = RefreshToken::parse(token) else {
            return Ok(());
        };
        let session = token.session_id();
        if self.store.end_session(session).await? {
            tracing::info!(target: "audit", %session, "a user logged out; the session was ended");
        }
        Ok(())
    }

    async fn open(&self, user: &User, now: Timestamp) -> Result<Tokens, LoginError> {
        let token = RefreshToken::first(random()?);
        let opened_at = self.store.now().await?;
        let at_latest = self.lifetimes.latest_end(opened_at);
        let end = SessionEnd {
            expires_at: self.lifetimes.expiry(at_latest, opened_at),
            at_latest,
        };
        let session = token.session_id();
        self.store
            .open_session(session, user.id, token.digest(), end)
            .await?;
        let account = user.email.fingerprint();
        tracing::info!(target: "audit", account, %session, "a session was opened");
        let ended = self
            .store
            .end_oldest_sessions(user.id, MAX_SESSIONS)
            .await?;
        if ended > 0 {
            tracing::info!(target: "audit", account, ended, "the oldest sessions were ended: the account had too many");
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

fn random<const BYTES: usize>() -> Result<[u8; BYTES], getrandom::Error> {
    let mut random = [0; BYTES];
    getrandom::fill(&mut random)?;
    Ok(random)
}

#[cfg(test)]
mod tests;
