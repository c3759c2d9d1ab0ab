//! The password policy of new accounts (NIST SP 800-63B-4, 3.1.1.2; OWASP ASVS 5.0, 6.2), and the
//! comparison with a stored hash.
//!
//! The policy limits the length and excludes common passwords. There are no rules of composition, and
//! a password is neither trimmed nor folded.
//!
//! Keyboards write a letter such as ü as one character or as two. New passwords are therefore hashed
//! in the normal form NFC, and a password is compared as it was sent and, if that fails, in NFC. The
//! first comparison is for hashes from before that rule.

use std::collections::HashSet;
use std::sync::LazyLock;

use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::{UnicodeNormalization as _, is_nfc};

use crate::argon::{self, ArgonError, Comparison};

/// The minimum number of characters.
pub const MIN_LENGTH: usize = 8;
/// The maximum number of characters.
pub const MAX_LENGTH: usize = 128;

/// One password per line, in lower case, sorted. The NOTICE file states its origin and licence.
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common-passwords.txt").lines().collect());

/// The result of comparing a password with a stored hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verification {
    /// The password is wrong, or the account does not exist.
    Mismatch,
    /// The password is right.
    Match {
        /// A new hash to store if the stored one has outdated parameters or is not of the NFC form.
        rehashed: Option<String>,
    },
}

/// A password that satisfies the policy, in NFC.
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
    /// Checks `password` against the policy, which counts the characters of the NFC form.
    pub fn new(password: &SecretString) -> Result<Self, PasswordError> {
        let password = nfc(password);
        let text = password.expose_secret();
        if text.chars().nth(MAX_LENGTH).is_some() {
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

/// Compares a password with the hash of an account. Without an account it does the same work, so that
/// the time does not reveal whether the account exists.
pub fn verify(password: &SecretString, stored: Option<&str>) -> Result<Verification, ArgonError> {
    let is_nfc = is_nfc(password.expose_secret());
    let comparison = match stored {
        Some(stored) => argon::compare(password, stored)?,
        None => argon::hash(password).map(|_| Comparison::Mismatch)?,
    };
    match comparison {
        Comparison::Match { is_current: true } if is_nfc => {
            Ok(Verification::Match { rehashed: None })
        }
        Comparison::Match { .. } => Ok(Verification::Match {
            rehashed: Some(argon::hash(&nfc(password))?),
        }),
        Comparison::Mismatch if is_nfc => Ok(Verification::Mismatch),
        Comparison::Mismatch => verify(&nfc(password), stored),
    }
}

/// Whether `password` is longer than any account's, so that there is no need to hash it.
pub fn is_too_long(password: &str) -> bool {
    password.chars().nth(MAX_LENGTH).is_some() && password.nfc().nth(MAX_LENGTH).is_some()
}

fn nfc(password: &SecretString) -> SecretString {
    password.expose_secret().nfc().collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::argon::tests::HASHES;

    #[test]
    fn given_passwords_when_chosen_then_only_length_and_the_common_list_count() {
        let check = |password: &str, expected: Option<PasswordError>| {
            let outcome = NewPassword::new(&SecretString::from(password));
            assert_eq!(outcome.err(), expected, "{password:?}");
        };
        check("", Some(PasswordError::TooShort));
        check("qzj7!vx", Some(PasswordError::TooShort));
        check("żółćżół", Some(PasswordError::TooShort));
        check("żółćżółć", None);
        check(
            "z\u{307}o\u{301}łc\u{301}z\u{307}o\u{301}ł",
            Some(PasswordError::TooShort),
        );
        check("qzj7!vxw", None);
        check("        ", None);
        check("correct horse battery staple", None);
        check(&"ü".repeat(128), None);
        check(&"ü".repeat(129), Some(PasswordError::TooLong));
        check(&"u\u{308}".repeat(128), None);
        check(&"u\u{308}".repeat(129), Some(PasswordError::TooLong));
        check("password", Some(PasswordError::Common));
        check("PassWord1", Some(PasswordError::Common));
        check("1234567890", Some(PasswordError::Common));
        check("password ", None);
    }

    const COMPOSED: &str = "schönes Pferd";
    const DECOMPOSED: &str = "scho\u{308}nes Pferd";

    fn verify_typed(typed: &str, stored: Option<&str>) -> Verification {
        verify(&typed.into(), stored).expect("compares")
    }

    #[test]
    fn given_a_new_password_in_any_normal_form_when_typed_in_any_then_it_is_right() {
        for set in [COMPOSED, DECOMPOSED] {
            let new = NewPassword::new(&set.into()).expect("allowed");
            let stored = argon::hash(new.secret()).expect("hashes");
            for typed in [COMPOSED, DECOMPOSED] {
                assert_eq!(
                    verify_typed(typed, Some(&stored)),
                    Verification::Match { rehashed: None },
                    "{set:?} {typed:?}"
                );
            }
            let wrong = verify_typed("schones Pferd", Some(&stored));
            assert_eq!(wrong, Verification::Mismatch);
        }
    }

    #[test]
    fn given_an_old_hash_of_a_decomposed_password_when_typed_so_then_it_is_hashed_anew_in_nfc() {
        let old = argon::hash(&DECOMPOSED.into()).expect("hashes");
        assert_eq!(verify_typed(COMPOSED, Some(&old)), Verification::Mismatch);
        let verification = verify_typed(DECOMPOSED, Some(&old));
        let Verification::Match {
            rehashed: Some(new),
        } = verification
        else {
            panic!("{verification:?}")
        };
        for typed in [COMPOSED, DECOMPOSED] {
            let verification = verify_typed(typed, Some(&new));
            assert_eq!(verification, Verification::Match { rehashed: None });
        }
    }

    /// The stored hash is a vector of the reference implementation (phc-winner-argon2, src/test.c).
    #[test]
    fn given_a_hash_with_other_parameters_when_the_password_is_right_then_it_is_hashed_anew() {
        let stored =
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        let verification = verify_typed("password", Some(stored));
        let Verification::Match {
            rehashed: Some(new),
        } = verification
        else {
            panic!("{verification:?}")
        };
        assert!(new.contains("m=19456,t=2,p=1"), "{new}");
        let again = verify_typed("password", Some(&new));
        assert_eq!(again, Verification::Match { rehashed: None });
        let wrong = verify_typed("Password", Some(stored));
        assert_eq!(wrong, Verification::Mismatch);
    }

    #[test]
    fn given_no_account_when_compared_then_the_work_is_that_of_a_wrong_password() {
        let stored = argon::hash(&COMPOSED.into()).expect("hashes");
        let check = |typed: &str, stored: Option<&str>, expected: u32| {
            HASHES.set(0);
            assert_eq!(verify_typed(typed, stored), Verification::Mismatch);
            assert_eq!(HASHES.get(), expected, "{typed:?} {stored:?}");
        };
        for account in [Some(stored.as_str()), None] {
            check("wrong horse", account, 1);
            check("wrong ho\u{308}rse", account, 2);
        }
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
