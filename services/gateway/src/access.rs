//! Access control at the gateway. The services check again: this is the first of two checks.

use domain::Role;
use http::{HeaderMap, header};
use identity::Verifier;
use jiff::Timestamp;
use service_kit::problem::Problem;

/// Who may make a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everyone: a call that starts or ends a session. An Authorization header is ignored and
    /// not forwarded.
    Session,
    /// Everyone; a token is optional, but an invalid one is refused.
    Public,
    /// Callers with a valid token.
    User,
    Admin,
}

impl Access {
    /// Checks the token in `headers` at the time `now`, and removes credentials that the call
    /// must not carry.
    pub(crate) async fn authorize(
        self,
        verifier: &Verifier,
        headers: &mut HeaderMap,
        now: impl FnOnce() -> Timestamp,
    ) -> Result<(), Problem> {
        if self == Self::Session {
            headers.remove(header::AUTHORIZATION);
            return Ok(());
        }
        // The refresh token in it starts sessions, so only session calls may carry it.
        headers.remove(header::COOKIE);
        let Some(token) = identity::bearer(headers)? else {
            return if self == Self::Public {
                Ok(())
            } else {
                Err(Problem::no_token())
            };
        };
        let caller = verifier.verify(token, now()).await?;
        if self == Self::Admin && caller.role != Role::Admin {
            return Err(Problem::forbidden());
        }
        Ok(())
    }
}
