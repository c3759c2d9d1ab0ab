//! What a client calls a request, so that a repeat is recognised.

use axum::extract::OptionalFromRequestParts;
use http::request::Parts;

use crate::problem::Problem;

const LONGEST: usize = 255;

/// What a client calls a request. As an extractor, `Option<IdempotencyKey>`: two of them, or one
/// that is none, are answered 400.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// The bytes are no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("An Idempotency-Key has 1 to 255 visible ASCII characters.")]
pub struct BadKey;

impl IdempotencyKey {
    /// Reads a key.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadKey> {
        if !(1..=LONGEST).contains(&bytes.len()) || !bytes.iter().all(u8::is_ascii_graphic) {
            return Err(BadKey);
        }
        String::from_utf8(bytes.to_vec())
            .map(Self)
            .map_err(|_| BadKey)
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Problem> {
        let mut values = parts.headers.get_all("idempotency-key").iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        if values.next().is_some() {
            return Err(Problem::bad_request(
                "There is more than one Idempotency-Key.",
            ));
        }
        match Self::parse(value.as_bytes()) {
            Ok(key) => Ok(Some(key)),
            Err(bad) => Err(Problem::bad_request(bad.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_keys_when_read_then_only_visible_ascii_of_fair_length_passes() {
        let check = |bytes: &[u8], expected: bool| {
            assert_eq!(IdempotencyKey::parse(bytes).is_ok(), expected, "{bytes:?}");
        };
        check(b"a", true);
        check(b"!~", true);
        check(&[b'k'; 255], true);
        check(&[b'k'; 256], false);
        check(b"", false);
        check(b"a b", false);
        check(b"a\tb", false);
        check(b"\x7f", false);
        check("é".as_bytes(), false);
    }
}
