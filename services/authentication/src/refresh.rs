//! Refresh tokens, and the decision about a session when a client presents one.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// Within this time after its rotation, reuse of a token is not taken for theft and returns the same
/// successor: two tabs do it too, and a client that never received the first response.
pub(crate) const REUSE_GRACE: Duration = Duration::from_secs(10);

/// The prefix that all tokens of a session share: 128 random bits that identify it. Only holders of a
/// token of the session, or of a copy, know it.
const SESSION_BYTES: usize = 16;
/// The rest of a token: 256 bits that cannot be guessed, different for each token.
const SECRET_BYTES: usize = 32;
/// The block size of SHA-256, the natural size of an HMAC key.
const SUCCESSOR_KEY_BYTES: usize = 64;

/// A refresh token as the client has it.
#[derive(Clone)]
pub(crate) struct RefreshToken([u8; SESSION_BYTES + SECRET_BYTES]);

/// The random key with which the successor of one token is derived. It is stored, so that every replica
/// derives the same successor, and is useless without the spent token, which is not stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct SuccessorKey(pub(crate) [u8; SUCCESSOR_KEY_BYTES]);

/// A refresh token as it is stored. SHA-256 is enough, because 384 random bits cannot be guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TokenDigest(pub(crate) [u8; 32]);

/// The id of a session: the SHA-256 of the prefix of its tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SessionId(pub(crate) [u8; 32]);

/// The maximum number of sessions of an account, more than the devices of any user. Users that never
/// log out lose their oldest sessions.
pub(crate) const MAX_SESSIONS: u64 = 100;

#[derive(Clone, Copy, Debug)]
pub(crate) struct SessionLifetimes {
    /// From the log-in, even if the session is used.
    pub(crate) absolute: Duration,
    /// From the last refresh.
    pub(crate) idle: Duration,
}

/// The stored state of a session.
#[derive(Clone, Debug)]
pub(crate) struct SessionState {
    /// The only token that can be rotated.
    pub(crate) current: TokenDigest,
    /// The spent tokens, at least those of the last [`REUSE_GRACE`].
    pub(crate) spent: Vec<SpentToken>,
    /// When the session ends unless it is refreshed.
    pub(crate) expires_at: Timestamp,
}

/// A token that was rotated: exchanged for the next one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SpentToken {
    pub(crate) digest: TokenDigest,
    /// By the database's clock.
    pub(crate) at: Timestamp,
    /// `None` if the previous release spent the token.
    pub(crate) successor_key: Option<SuccessorKey>,
}

/// The decision about a token and its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Exchange the token for a new one.
    Rotate,
    /// Return the successor again that this key derives.
    Repeat(SuccessorKey),
    /// Refuse the token and keep the session.
    Refuse,
    /// End the session, because the token was copied.
    Revoke,
}

impl RefreshToken {
    /// Creates the first token of a session.
    pub(crate) fn first(random: [u8; SESSION_BYTES + SECRET_BYTES]) -> Self {
        Self(random)
    }

    /// Returns the next token of the same session, which is always the same for the same key.
    pub(crate) fn successor(&self, key: &SuccessorKey) -> Self {
        let mut derivation = Hmac::<Sha256>::new(&key.0.into());
        derivation.update(&self.0);
        let mut successor = self.0;
        successor[SESSION_BYTES..].copy_from_slice(&derivation.finalize().into_bytes());
        Self(successor)
    }

    /// Parses a token as a client sends it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        BASE64_URL_SAFE_NO_PAD
            .decode(text)
            .ok()?
            .try_into()
            .ok()
            .map(Self)
    }

    /// Returns the token as a client receives it.
    pub(crate) fn expose(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Returns the token as it is stored.
    pub(crate) fn digest(&self) -> TokenDigest {
        TokenDigest(Sha256::digest(self.0).into())
    }

    /// Returns the id of the session of the token.
    pub(crate) fn session_id(&self) -> SessionId {
        SessionId(Sha256::digest(&self.0[..SESSION_BYTES]).into())
    }
}

/// Without the key.
impl fmt::Debug for SuccessorKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SuccessorKey")
    }
}

/// Sixteen hex digits, which distinguish sessions in a log and reveal no token.
impl fmt::Display for SessionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..8]
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl SessionLifetimes {
    /// Returns the end of a session that is refreshed at `now`, at most `ends_at_latest`.
    pub(crate) fn expiry(&self, ends_at_latest: Timestamp, now: Timestamp) -> Timestamp {
        ends_at_latest.min(after(now, self.idle))
    }

    /// Returns the latest possible end of a session that is opened at `now`.
    pub(crate) fn latest_end(&self, now: Timestamp) -> Timestamp {
        after(now, self.absolute)
    }
}

/// Decides about a presented token of this session, at `now` by the database's clock. An unknown one
/// was spent long ago, because only tokens of the session have its prefix.
pub(crate) fn decide(session: &SessionState, presented: TokenDigest, now: Timestamp) -> Decision {
    if now >= session.expires_at {
        return Decision::Refuse;
    }
    if presented == session.current {
        return Decision::Rotate;
    }
    let spent_recently =
        |token: &&SpentToken| token.digest == presented && now < after(token.at, REUSE_GRACE);
    match session.spent.iter().find(spent_recently) {
        Some(token) => token
            .successor_key
            .map_or(Decision::Refuse, Decision::Repeat),
        None => Decision::Revoke,
    }
}

/// Saturates at the end of the calendar.
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
    fn given_a_session_when_a_token_is_presented_then_it_is_rotated_repeated_refused_or_revoked() {
        let key = SuccessorKey([9; 64]);
        let spent = |byte, second, successor_key| SpentToken {
            digest: digest(byte),
            at: at(second),
            successor_key,
        };
        let session = SessionState {
            current: digest(5),
            spent: vec![
                spent(1, -30, Some(key)),
                spent(2, 0, Some(key)),
                spent(3, 0, None),
                // A member with a faster clock was the primary then.
                spent(4, 60, Some(key)),
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
        check(5, 0, Decision::Rotate);
        check(5, 99, Decision::Rotate);
        check(5, 100, Decision::Refuse);
        check(4, 0, Decision::Repeat(key));
        check(3, 9, Decision::Refuse);
        check(3, 10, Decision::Revoke);
        check(2, 0, Decision::Repeat(key));
        check(2, 9, Decision::Repeat(key));
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
    fn given_a_token_when_its_successor_is_derived_then_it_follows_from_token_and_key_alone() {
        let token = RefreshToken::first([7; 48]);
        let key = SuccessorKey([9; 64]);
        let next = token.successor(&key);
        assert_eq!(next.digest(), token.successor(&key).digest());
        assert_ne!(next.digest(), token.digest());
        assert_ne!(next.digest(), next.successor(&key).digest());
        let other_key = token.successor(&SuccessorKey([8; 64]));
        assert_ne!(next.digest(), other_key.digest());
        assert_eq!(next.session_id(), token.session_id());
        assert_eq!(next.session_id().to_string().len(), 16);
        let other = RefreshToken::first([8; 48]);
        assert_ne!(other.session_id(), token.session_id());
    }

    #[test]
    fn given_texts_when_parsed_as_tokens_then_only_base64url_of_the_right_length_is_accepted() {
        let token = RefreshToken::first([7; 48]);
        assert_eq!(
            RefreshToken::parse(&token.expose()).map(|parsed| parsed.digest()),
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
