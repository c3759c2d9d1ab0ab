//! Which passwords a new account may have (NIST SP 800-63B-4, 3.1.1.2; OWASP ASVS 5.0, 6.2).
//!
//! Length and commonness, and nothing else: no rules of composition, no trimming, no folding of
//! case. A password is used exactly as it was sent.

use std::collections::HashSet;
use std::sync::LazyLock;

use secrecy::{ExposeSecret, SecretString};

const SHORTEST: usize = 8;
const LONGEST: usize = 128;

/// One password a line, in lower case, sorted; origin and licence are in the NOTICE beside it.
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common-passwords.txt").lines().collect());

/// A password that a new account may have.
#[derive(Clone, Debug)]
pub(crate) struct NewPassword(SecretString);

/// Why a new account may not have this password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unacceptable {
    #[error("must have at least {SHORTEST} characters")]
    Short,
    #[error("must have at most {LONGEST} characters")]
    Long,
    #[error("is one of the most common passwords; please choose another")]
    Common,
}

impl NewPassword {
    /// Takes a password if it is long enough, not too long and not a common one.
    pub(crate) fn new(password: SecretString) -> Result<Self, Unacceptable> {
        let text = password.expose_secret();
        if is_too_long(text) {
            return Err(Unacceptable::Long);
        }
        if text.chars().count() < SHORTEST {
            return Err(Unacceptable::Short);
        }
        if COMMON.contains(text.to_lowercase().as_str()) {
            return Err(Unacceptable::Common);
        }
        Ok(Self(password))
    }

    /// The password, to be hashed.
    pub(crate) fn secret(&self) -> &SecretString {
        &self.0
    }
}

/// Whether no account can have this password, so that hashing it is wasted work.
pub(crate) fn is_too_long(password: &str) -> bool {
    password.chars().nth(LONGEST).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_passwords_when_chosen_then_only_length_and_commonness_count() {
        let check = |password: &str, expected: Option<Unacceptable>| {
            let outcome = NewPassword::new(SecretString::from(password));
            assert_eq!(outcome.err(), expected, "{password:?}");
        };
        check("", Some(Unacceptable::Short));
        check("qzj7!vx", Some(Unacceptable::Short));
        check("żółćżół", Some(Unacceptable::Short));
        check("żółćżółć", None);
        check("qzj7!vxw", None);
        check("        ", None);
        check("correct horse battery staple", None);
        check(&"ü".repeat(128), None);
        check(&"ü".repeat(129), Some(Unacceptable::Long));
        check("password", Some(Unacceptable::Common));
        check("PassWord1", Some(Unacceptable::Common));
        check("1234567890", Some(Unacceptable::Common));
        check("password ", None);
    }

    #[test]
    fn given_the_list_when_read_then_every_entry_can_matter() {
        assert!(COMMON.len() > 8000);
        for entry in COMMON.iter() {
            assert!(
                (SHORTEST..=LONGEST).contains(&entry.chars().count()),
                "{entry}"
            );
            assert_eq!(entry.to_lowercase(), **entry);
        }
    }
}
