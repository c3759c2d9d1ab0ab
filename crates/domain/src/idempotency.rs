//! The idempotency key: a client's id for a request, by which a repeat is recognised.

use sha2::{Digest as _, Sha256};

use crate::email::Email;

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

    /// Returns the id of what `caller` creates under this key: the same for every repeat, and
    /// another one for equal keys of different callers.
    pub fn id_for(&self, caller: &Email) -> [u8; 12] {
        // Neither part contains the zero byte, so different pairs have different inputs.
        let digest = Sha256::new()
            .chain_update(caller.as_str())
            .chain_update([0])
            .chain_update(&self.0)
            .finalize();
        let mut id = [0; 12];
        id.copy_from_slice(&digest[..12]);
        id
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

    #[test]
    fn given_a_caller_and_a_key_when_an_id_is_derived_then_it_is_unique_and_never_changes() {
        let id = |caller: &str, key: &str| {
            let caller = Email::parse(caller).expect("an address");
            let key = IdempotencyKey::parse(key.as_bytes()).expect("a key");
            hex::encode(key.id_for(&caller))
        };
        // printf 'aaa@aaa.com\0k1' | sha256sum | cut -c1-24
        assert_eq!(id("aaa@aaa.com", "k1"), "8381169d867e4726d22902fc");
        assert_ne!(id("aaa@aaa.com", "k1"), id("bbb@bbb.com", "k1"));
        assert_ne!(id("aaa@aaa.com", "k1"), id("aaa@aaa.com", "k2"));
        assert_ne!(id("a@b.co", "m1"), id("a@b.com", "1"));
    }
}
