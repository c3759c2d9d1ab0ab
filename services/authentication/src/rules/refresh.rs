//! Refresh tokens: what one is, and what becomes of a session when one is shown.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// Two tabs, and a client that retries, show a token again that was spent a moment ago. They are
/// not thieves.
pub(crate) const SPENT_BY_MISTAKE: Duration = Duration::from_secs(10);

/// A refresh token as its holder has it: 256 random bits.
#[derive(Clone)]
pub(crate) struct RefreshToken([u8; 32]);

/// A refresh token as it is stored. SHA-256 will do: there is nothing to guess in 256 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TokenDigest(pub(crate) [u8; 32]);

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
    /// The token of these random bytes.
    pub(crate) fn of(random: [u8; 32]) -> Self {
        Self(random)
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

/// Decides about `shown`, a token that was once given out for this session.
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
        RefreshToken::of([byte; 32]).digest()
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
    fn given_texts_when_read_as_tokens_then_only_ours_pass() {
        let token = RefreshToken::of([7; 32]);
        assert_eq!(
            RefreshToken::parse(&token.expose()).map(|read| read.digest()),
            Some(token.digest())
        );
        for text in [
            "",
            "a",
            "eyJhbGciOiJub25lIn0.e30.",
            &"A".repeat(44),
            &"A".repeat(42),
            &"+".repeat(43),
        ] {
            assert!(RefreshToken::parse(text).is_none(), "{text}");
        }
    }
}
