//! Refresh tokens: what one is, and what becomes of a session when one is shown.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// Two tabs, and a client that retries, show a token again that was spent a moment ago. They are
/// not thieves.
pub(crate) const SPENT_BY_MISTAKE: Duration = Duration::from_secs(10);

/// What the tokens of one session begin with: 128 random bits, by which the session is found.
/// Whoever shows them holds a token of it, or a copy.
const NAME: usize = 16;
/// What each token has for itself: 256 random bits.
const SECRET: usize = 32;

/// A refresh token as its holder has it.
#[derive(Clone)]
pub(crate) struct RefreshToken([u8; NAME + SECRET]);

/// A refresh token as it is stored. SHA-256 will do: there is nothing to guess in so many bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TokenDigest(pub(crate) [u8; 32]);

/// A session as it is stored: the SHA-256 of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SessionId(pub(crate) [u8; 32]);

/// More devices than anybody logs in from within the life of a session; whoever never logs out
/// loses what has been left lying.
pub(crate) const MOST_SESSIONS: u64 = 100;

/// How long sessions live.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SessionLifetimes {
    /// From log-in, however much the session is used.
    pub(crate) absolute: Duration,
    /// From the latest refresh.
    pub(crate) idle: Duration,
}

/// What is known of a session when a token of it is shown.
#[derive(Clone, Debug)]
pub(crate) struct SessionState {
    /// The token that can be spent.
    pub(crate) current: TokenDigest,
    /// The tokens that were spent last; those spent within [`SPENT_BY_MISTAKE`] are among them.
    pub(crate) spent: Vec<SpentToken>,
    /// When the session ends unless it is refreshed.
    pub(crate) expires_at: Timestamp,
}

/// A token that was swapped for another one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SpentToken {
    pub(crate) digest: TokenDigest,
    pub(crate) at: Timestamp,
}

/// What becomes of a token and its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The token is swapped for a new one.
    Rotate,
    /// The token is refused, the session goes on.
    Refuse,
    /// The token was copied: the session ends.
    Revoke,
}

impl RefreshToken {
    /// The first token of a session.
    pub(crate) fn first(random: [u8; NAME + SECRET]) -> Self {
        Self(random)
    }

    /// The next token of the same session.
    pub(crate) fn next(&self, random: [u8; SECRET]) -> Self {
        let mut next = self.0;
        next[NAME..].copy_from_slice(&random);
        Self(next)
    }

    /// Reads a token as a client sends it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        BASE64_URL_SAFE_NO_PAD
            .decode(text)
            .ok()?
            .try_into()
            .ok()
            .map(Self)
    }

    /// The token as a client gets it.
    pub(crate) fn expose(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The token as it is stored.
    pub(crate) fn digest(&self) -> TokenDigest {
        TokenDigest(Sha256::digest(self.0).into())
    }

    /// The session that it belongs to.
    pub(crate) fn session(&self) -> SessionId {
        SessionId(Sha256::digest(&self.0[..NAME]).into())
    }
}

/// Sixteen hex digits, which tell sessions apart in a log and lead to no token.
impl fmt::Display for SessionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..8]
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl SessionLifetimes {
    /// When a session ends that was opened and has just been refreshed at these times.
    pub(crate) fn expiry(&self, ends_at_latest: Timestamp, now: Timestamp) -> Timestamp {
        ends_at_latest.min(after(now, self.idle))
    }

    /// When a session that is opened now ends at the latest.
    pub(crate) fn latest_end(&self, now: Timestamp) -> Timestamp {
        after(now, self.absolute)
    }
}

/// Decides about `shown`, a token that names this session. One that is not known of it has been
/// spent longer ago than is remembered: nobody else knows the name.
pub(crate) fn decide(session: &SessionState, shown: TokenDigest, now: Timestamp) -> Decision {
    if now >= session.expires_at {
        return Decision::Refuse;
    }
    if shown == session.current {
        return Decision::Rotate;
    }
    let spent_just_now =
        |token: &SpentToken| token.digest == shown && now < after(token.at, SPENT_BY_MISTAKE);
    if session.spent.iter().any(spent_just_now) {
        Decision::Refuse
    } else {
        Decision::Revoke
    }
}

/// Beyond the calendar there is only its end.
fn after(start: Timestamp, duration: Duration) -> Timestamp {
    start.checked_add(duration).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).expect("in range")
    }

    fn digest(byte: u8) -> TokenDigest {
        RefreshToken::first([byte; 48]).digest()
    }

    #[test]
    fn given_a_session_when_a_token_is_shown_then_its_state_decides() {
        let session = SessionState {
            current: digest(3),
            spent: vec![
                SpentToken {
                    digest: digest(1),
                    at: at(-30),
                },
                SpentToken {
                    digest: digest(2),
                    at: at(0),
                },
            ],
            expires_at: at(100),
        };
        let check = |shown: u8, second: i64, expected: Decision| {
            assert_eq!(
                decide(&session, digest(shown), at(second)),
                expected,
                "{shown} at {second}"
            );
        };
        check(3, 0, Decision::Rotate);
        check(3, 99, Decision::Rotate);
        check(3, 100, Decision::Refuse);
        check(2, 0, Decision::Refuse);
        check(2, 9, Decision::Refuse);
        check(2, 10, Decision::Revoke);
        check(2, 100, Decision::Refuse);
        check(1, 0, Decision::Revoke);
        check(0, 0, Decision::Revoke);
    }

    #[test]
    fn given_lifetimes_when_a_session_is_used_then_it_ends_at_the_earlier_of_the_two() {
        let lifetimes = SessionLifetimes {
            absolute: Duration::from_secs(100),
            idle: Duration::from_secs(40),
        };
        let latest = lifetimes.latest_end(at(0));
        assert_eq!(lifetimes.expiry(latest, at(0)), at(40));
        assert_eq!(lifetimes.expiry(latest, at(50)), at(90));
        assert_eq!(lifetimes.expiry(latest, at(70)), at(100));
        let forever = SessionLifetimes {
            absolute: Duration::MAX,
            idle: Duration::MAX,
        };
        assert_eq!(forever.latest_end(at(0)), Timestamp::MAX);
    }

    #[test]
    fn given_a_token_when_followed_by_the_next_then_only_the_session_is_the_same() {
        let token = RefreshToken::first([7; 48]);
        let next = token.next([8; 32]);
        assert_ne!(next.digest(), token.digest());
        assert_eq!(next.session(), token.session());
        assert_eq!(next.session().to_string().len(), 16);
        let other = RefreshToken::first([8; 48]);
        assert_ne!(other.session(), token.session());
    }

    #[test]
    fn given_texts_when_read_as_tokens_then_only_ours_pass() {
        let token = RefreshToken::first([7; 48]);
        assert_eq!(
            RefreshToken::parse(&token.expose()).map(|read| read.digest()),
            Some(token.digest())
        );
        for text in [
            "",
            "a",
            "eyJhbGciOiJub25lIn0.e30.",
            &"A".repeat(63),
            &"A".repeat(65),
            &"+".repeat(64),
        ] {
            assert!(RefreshToken::parse(text).is_none(), "{text}");
        }
    }
}
