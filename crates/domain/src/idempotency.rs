//! The idempotency key: a client's id for a request, by which a repeat is recognised.

const MAX_LENGTH: usize = 255;

/// An idempotency key: 1 to 255 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// The bytes are not an idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key is not 1 to 255 visible ASCII characters")]
pub struct InvalidIdempotencyKey;

impl IdempotencyKey {
    /// Parses the value of an `Idempotency-Key` header.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidIdempotencyKey> {
        if !(1..=MAX_LENGTH).contains(&bytes.len()) || !bytes.iter().all(u8::is_ascii_graphic) {
            return Err(InvalidIdempotencyKey);
        }
        String::from_utf8(bytes.to_vec())
            .map(Self)
            .map_err(|_| InvalidIdempotencyKey)
    }

    /// The text of the key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_keys_when_parsed_then_only_visible_ascii_within_the_length_passes() {
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
