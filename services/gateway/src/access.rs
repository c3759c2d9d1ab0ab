//! Who may make a call.
//!
//! The services judge again: this is the first of two locks, not the only one.

use http::{HeaderMap, header};
use identity::{Role, Verifier};
use jiff::Timestamp;
use service_kit::problem::Problem;

/// Who may make a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody: a call that gets or ends a session. An Authorization header is ignored and not
    /// passed on.
    Session,
    /// Anybody; a token may be there, but not a bad one.
    Public,
    /// Anybody with a valid token.
    User,
    /// An admin.
    Admin,
}

impl Access {
    /// Lets a request with these headers through at `now`, or says why not.
    pub async fn check(
        self,
        verifier: &Verifier,
        headers: &mut HeaderMap,
        now: impl FnOnce() -> Timestamp,
    ) -> Result<(), Problem> {
        if self == Self::Session {
            headers.remove(header::AUTHORIZATION);
            return Ok(());
        }
        // It opens sessions, which is nobody else's business.
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
