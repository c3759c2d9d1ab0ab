//! The password policy of new accounts (NIST SP 800-63B-4, 3.1.1.2; OWASP ASVS 5.0, 6.2).
//!
//! It limits the length and excludes common passwords. There are no rules of composition, and a
//! password is neither trimmed nor folded: it is used exactly as it was sent.

use std::collections::HashSet;
use std::sync::LazyLock;

use secrecy::{ExposeSecret, SecretString};

/// The minimum number of characters.
pub const MIN_LENGTH: usize = 8;
/// The maximum number of characters.
pub const MAX_LENGTH: usize = 128;

/// One password per line, in lower case, sorted. The NOTICE file states its origin and licence.
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common-passwords.txt").lines().collect());

/// A password that satisfies the policy.
#[derive(Clone, Debug)]
pub struct NewPassword(SecretString);

/// Why a password violates the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Fewer than [`MIN_LENGTH`] characters.
    #[error("the password has fewer than {MIN_LENGTH} characters")]
    TooShort,
    /// More than [`MAX_LENGTH`] characters.
    #[error("the password has more than {MAX_LENGTH} characters")]
    TooLong,
    /// On the list of common passwords.
    #[error("the password is one of the most common passwords")]
    Common,
}

impl NewPassword {
    /// Checks `password` against the policy.
    pub fn new(password: SecretString) -> Result<Self, PasswordError> {
        let text = password.expose_secret();
        if is_too_long(text) {
            return Err(PasswordError::TooLong);
        }
        if text.chars().count() < MIN_LENGTH {
            return Err(PasswordError::TooShort);
        }
        if COMMON.contains(text.to_lowercase().as_str()) {
            return Err(PasswordError::Common);
        }
        Ok(Self(password))
    }

    /// Returns the password, to be hashed.
    pub fn secret(&self) -> &SecretString {
        &self.0
    }
}

/// Whether `password` is longer than any account's, so that there is no need to hash it.
pub fn is_too_long(password: &str) -> bool {
    password.chars().nth(MAX_LENGTH).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_passwords_when_chosen_then_only_length_and_the_common_list_count() {
        let check = |password: &str, expected: Option<PasswordError>| {
            let outcome = NewPassword::new(SecretString::from(password));
            assert_eq!(outcome.err(), expected, "{password:?}");
        };
        check("", Some(PasswordError::TooShort));
        check("qzj7!vx", Some(PasswordError::TooShort));
        check("żółćżół", Some(PasswordError::TooShort));
        check("żółćżółć", None);
        check("qzj7!vxw", None);
        check("        ", None);
        check("correct horse battery staple", None);
        check(&"ü".repeat(128), None);
        check(&"ü".repeat(129), Some(PasswordError::TooLong));
        check("password", Some(PasswordError::Common));
        check("PassWord1", Some(PasswordError::Common));
        check("1234567890", Some(PasswordError::Common));
        check("password ", None);
    }

    #[test]
    fn given_the_common_passwords_when_loaded_then_each_has_an_allowed_length_and_lower_case() {
        assert!(COMMON.len() > 8000);
        for entry in COMMON.iter() {
            assert!(
                (MIN_LENGTH..=MAX_LENGTH).contains(&entry.chars().count()),
                "{entry}"
            );
            assert_eq!(entry.to_lowercase(), **entry);
        }
    }
}
