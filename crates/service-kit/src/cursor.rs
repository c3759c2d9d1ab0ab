//! Sealed cursors: the text of a position in a list, which only the service can write.
//!
//! A client that could write a cursor could ask for a position that no page ends at, such as one
//! from which a page is expensive to read.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The length of a seal in bytes.
const SEAL: usize = 16;

/// The key of the seals. All replicas of a service have the same.
#[derive(Clone)]
pub struct CursorKey(Hmac<Sha256>);

impl CursorKey {
    /// The key with these random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        // HMAC fills a shorter key with zeros.
        let mut block = [0; 64];
        block[..bytes.len()].copy_from_slice(&bytes);
        Self(Hmac::new(&block.into()))
    }

    /// Returns the text of a position.
    pub fn seal(&self, position: &[u8]) -> String {
        let seal = self.mac(position).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode([position, &seal[..SEAL]].concat())
    }

    /// Returns the position of a text that [`CursorKey::seal`] returned, and `None` for any other
    /// text.
    pub fn open(&self, text: &str) -> Option<Vec<u8>> {
        let mut sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (position, seal) = sealed.split_last_chunk::<SEAL>()?;
        self.mac(position).verify_truncated_left(seal).ok()?;
        sealed.truncate(sealed.len() - SEAL);
        Some(sealed)
    }

    fn mac(&self, position: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(position);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_a_position_when_sealed_then_it_opens_with_the_same_key_only() {
        let (key, other) = (CursorKey::new([1; 32]), CursorKey::new([2; 32]));
        for position in [&b""[..], b"x", &[0xff; 200]] {
            let text = key.seal(position);
            assert_eq!(key.open(&text).as_deref(), Some(position));
            assert_eq!(other.open(&text), None);
        }
    }

    #[test]
    fn given_a_text_that_was_not_sealed_when_opened_then_there_is_no_position() {
        let key = CursorKey::new([1; 32]);
        let sealed = URL_SAFE_NO_PAD
            .decode(key.seal(b"position"))
            .expect("base64");
        for index in 0..sealed.len() {
            let mut forged = sealed.clone();
            forged[index] ^= 1;
            assert_eq!(key.open(&URL_SAFE_NO_PAD.encode(&forged)), None);
            assert_eq!(key.open(&URL_SAFE_NO_PAD.encode(&sealed[..index])), None);
        }
        for text in ["", "x", "{\"$ne\":1}", "ä", &"A".repeat(10_000)] {
            assert_eq!(key.open(text), None, "{text}");
        }
    }
}
