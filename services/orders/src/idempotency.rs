//! A buyer's key for a placing, so that a repeat is recognised for ever.

use events::OrderId;
use identity::Email;
use sha2::{Digest as _, Sha256};

const LONGEST: usize = 255;

/// What a buyer called a placing.
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

    /// The id of the order that `buyer` places under this key: the unique index on ids makes it
    /// at most one. The zero byte, which neither part has, keeps the parts apart.
    pub fn order_id(&self, buyer: &Email) -> OrderId {
        let digest = Sha256::new()
            .chain_update(buyer.as_str())
            .chain_update([0])
            .chain_update(&self.0)
            .finalize();
        let mut bytes = [0; 12];
        bytes.copy_from_slice(&digest[..12]);
        OrderId::from_bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(text: &str) -> Email {
        Email::parse(text).expect("an address")
    }

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

    #[test]
    fn given_a_buyer_and_a_key_when_an_id_is_derived_then_it_is_theirs_alone_and_never_changes() {
        let key = |text: &str| IdempotencyKey::parse(text.as_bytes()).expect("a key");
        let id = key("k1").order_id(&email("aaa@aaa.com"));
        // printf 'aaa@aaa.com\0k1' | sha256sum | cut -c1-24
        assert_eq!(id.to_string(), "8381169d867e4726d22902fc");
        assert_ne!(id, key("k1").order_id(&email("bbb@bbb.com")));
        assert_ne!(id, key("k2").order_id(&email("aaa@aaa.com")));
        assert_ne!(
            key("m1").order_id(&email("a@b.co")),
            key("1").order_id(&email("a@b.com"))
        );
    }
}
