//! The required strength of a shared secret.

use std::collections::BTreeSet;

use secrecy::{ExposeSecret, SecretString};

const MIN_BYTES: usize = 32;
const MIN_DISTINCT_BYTES: usize = 8;
/// Words of examples, in lower case and without separators. Random secrets practically never contain
/// one.
const PLACEHOLDERS: [&str; 7] = [
    "changeme",
    "changethis",
    "replaceme",
    "example",
    "placeholder",
    "password",
    "secret",
];

/// Why a shared secret is too easy to guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakSecret {
    /// Shorter than the output of the hash function (RFC 7518, 3.2).
    #[error("the secret has fewer than {MIN_BYTES} bytes")]
    TooShort,
    /// Too few distinct bytes.
    #[error("the secret has fewer than {MIN_DISTINCT_BYTES} distinct bytes; use a random one")]
    TooFewDistinctBytes,
    /// A shorter text, repeated.
    #[error("the secret is a repeated shorter text; use a random one")]
    Repetitive,
    /// Copied from an example.
    #[error("the secret contains a word of an example; use a random one")]
    Placeholder,
}

/// Checks that `secret` is likely to be random.
pub(crate) fn check_strength(secret: &SecretString) -> Result<(), WeakSecret> {
    let bytes = secret.expose_secret().as_bytes();
    if bytes.len() < MIN_BYTES {
        return Err(WeakSecret::TooShort);
    }
    let distinct: BTreeSet<&u8> = bytes.iter().collect();
    if distinct.len() < MIN_DISTINCT_BYTES {
        return Err(WeakSecret::TooFewDistinctBytes);
    }
    let has_period = |length: usize| bytes[length..] == bytes[..bytes.len() - length];
    if (1..=bytes.len() / 2).any(has_period) {
        return Err(WeakSecret::Repetitive);
    }
    let letters: String = secret
        .expose_secret()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    if PLACEHOLDERS.iter().any(|word| letters.contains(word)) {
        return Err(WeakSecret::Placeholder);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_tokens::SECRET;

    #[test]
    fn given_weak_secrets_when_checked_then_they_are_rejected() {
        let check = |secret: &str, expected: Result<(), WeakSecret>| {
            let secret = SecretString::from(secret);
            assert_eq!(
                check_strength(&secret),
                expected,
                "{}",
                secret.expose_secret()
            );
        };
        check(SECRET, Ok(()));
        check(&SECRET[..31], Err(WeakSecret::TooShort));
        check("", Err(WeakSecret::TooShort));
        check(&"secret".repeat(8), Err(WeakSecret::TooFewDistinctBytes));
        for repetitive in [
            &"change-me-".repeat(4),
            &"0123456789abcdef".repeat(2),
            "Phie3Ahx-oov9uGhaPhie3Ahx-oov9uGhaPhie3",
        ] {
            check(repetitive, Err(WeakSecret::Repetitive));
        }
        for placeholder in [
            "your-256-bit-secret-of-this-shop",
            "Change_Me before 24/7 operation!",
            "EXAMPLE-oov9uGhaPhie3-Ahx7eequ2T",
        ] {
            check(placeholder, Err(WeakSecret::Placeholder));
        }
    }
}
