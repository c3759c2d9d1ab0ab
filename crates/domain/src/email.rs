//! E-mail addresses.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The maximum length of an address (RFC 5321, 4.5.3.1, with erratum 1690).
const MAX_LENGTH: usize = 254;
const MAX_LOCAL_PART: usize = 64;
const MAX_LABEL: usize = 63;

/// An e-mail address: trimmed, lower-case and syntactically valid.
///
/// `Debug` shows only the fingerprint, so that addresses do not get into logs; logs that identify an
/// account use [`Email::fingerprint`].
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(Box<str>);

/// The text is not an e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text is not an e-mail address")]
pub struct InvalidEmail;

impl Email {
    /// Parses an address: ASCII `local@domain` with a dot in the domain, at most 254 characters.
    ///
    /// Quoted local parts and non-ASCII addresses are refused: they are rare, and look-alike letters
    /// would allow two accounts that people cannot distinguish.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        let text = text
            .trim_matches([' ', '\t', '\r', '\n'])
            .to_ascii_lowercase();
        let (local, domain) = text.split_once('@').ok_or(InvalidEmail)?;
        if text.len() <= MAX_LENGTH && is_local_part(local) && is_domain(domain) {
            Ok(Self(text.into_boxed_str()))
        } else {
            Err(InvalidEmail)
        }
    }

    /// Returns the address, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Twelve hex digits of a hash that identify the account in logs without its address.
    pub fn fingerprint(&self) -> String {
        hex::encode(&Sha256::digest(self.0.as_bytes())[..6])
    }
}

/// Atoms separated by single dots (RFC 5322, 3.2.3).
fn is_local_part(local: &str) -> bool {
    let is_atom_byte =
        |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    local.len() <= MAX_LOCAL_PART
        && local
            .split('.')
            .all(|atom| !atom.is_empty() && atom.bytes().all(is_atom_byte))
}

/// Two labels or more (RFC 1123, 2.1), the last of which is not a number.
fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=MAX_LABEL).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let has_letter = |label: &str| label.bytes().any(|byte| byte.is_ascii_alphabetic());
    domain
        .rsplit_once('.')
        .is_some_and(|(_, last)| has_letter(last))
        && domain.split('.').all(is_label)
}

/// Replaces all but the first letter of the local part of every address in a text, which can be cut
/// off or invalid: `a***@aaa.com`.
pub fn mask_addresses(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, sign)) = before_next_address(rest) {
        let is_delimiter = |c: char| c.is_whitespace() || "\"'\\<>()[]{},;:".contains(c);
        let local = before.rsplit(is_delimiter).next().unwrap_or(before);
        masked.push_str(&before[..before.len() - local.len()]);
        masked.extend(local.chars().take(1));
        masked.push_str("***");
        masked.push_str(sign);
        rest = &rest[before.len() + sign.len()..];
    }
    masked.push_str(rest);
    masked
}

/// The text before the next at sign, and the at sign as it is written there.
fn before_next_address(text: &str) -> Option<(&str, &str)> {
    let signs = ["@", "\\u0040", "%40"];
    let found = signs
        .iter()
        .filter_map(|sign| Some((text.find(sign)?, *sign)));
    let (position, sign) = found.min()?;
    Some((&text[..position], sign))
}

impl fmt::Display for Email {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Email({})", self.fingerprint())
    }
}

impl FromStr for Email {
    type Err = InvalidEmail;

    fn from_str(text: &str) -> Result<Self, InvalidEmail> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Email {
    type Error = InvalidEmail;

    fn try_from(text: String) -> Result<Self, InvalidEmail> {
        Self::parse(&text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_addresses_when_parsed_then_only_valid_ones_pass() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(
                Email::parse(text).ok().as_ref().map(Email::as_str),
                expected,
                "{text:?}"
            );
        };
        check("aaa@aaa.com", Some("aaa@aaa.com"));
        check(
            "  Ada.Lovelace+1@Example.CO.uk\n",
            Some("ada.lovelace+1@example.co.uk"),
        );
        check("a@b.c", Some("a@b.c"));
        for refused in [
            "",
            "@",
            "a",
            "a@",
            "@b.c",
            "a@b",
            "a@b.",
            "a@.b",
            "a@@b.c",
            "a@b@c.d",
            ".a@b.c",
            "a.@b.c",
            "a..b@c.d",
            "a b@c.d",
            "a@b c.d",
            "a@-b.c",
            "a@b-.c",
            "a@1.2.3.4",
            "\"a\"@b.c",
            "ä@b.c",
            "a@ä.c",
            "a\0@b.c",
            "a@b.c\u{a0}",
            "a@b.c\r\nx",
            "$ne",
            "a@[1.2.3.4]",
            "<a@b.c>",
            "\u{212a}a@b.c",
        ] {
            check(refused, None);
        }
    }

    #[test]
    fn given_long_addresses_when_parsed_then_the_limits_hold() {
        let label = "b".repeat(63);
        let domain = format!("{label}.{label}.{}.com", "b".repeat(57));
        let check = |local: usize, fits: bool| {
            let text = format!("{}@{domain}", "a".repeat(local));
            assert_eq!(Email::parse(&text).is_ok(), fits, "{}", text.len());
        };
        check(254 - domain.len() - 1, true);
        check(254 - domain.len(), false);
        assert!(Email::parse(&format!("{}@b.c", "a".repeat(64))).is_ok());
        assert!(Email::parse(&format!("{}@b.c", "a".repeat(65))).is_err());
        assert!(Email::parse(&format!("a@{label}b.c")).is_err());
    }

    #[test]
    fn given_texts_with_addresses_when_masked_then_only_first_letters_and_domains_are_left() {
        let check = |text: &str, expected: &str| assert_eq!(mask_addresses(text), expected);
        check("", "");
        check("no address", "no address");
        check("ada.lovelace@aaa.com", "a***@aaa.com");
        check(
            r#"{"client_email":"aaa@aaa.com","cc":"b+c@bbb.org"}"#,
            r#"{"client_email":"a***@aaa.com","cc":"b***@bbb.org"}"#,
        );
        check(
            "mail <ärger@b.c>,\u{a0}d@e.f",
            "mail <ä***@b.c>,\u{a0}d***@e.f",
        );
        check(
            r#""aaa\u0040aaa.com" bbb%40b.c"#,
            r#""a***\u0040aaa.com" b***%40b.c"#,
        );
        check(r#""\u0061aa@aaa.com"#, r#""\u***@aaa.com"#);
        check("a@b@c", "a***@b***@c");
        check("@", "***@");
    }

    #[test]
    fn given_an_address_when_formatted_for_debugging_then_it_is_hidden() {
        let email = Email::parse("aaa@aaa.com").expect("valid");
        assert!(!format!("{email:?}").contains("aaa@"));
    }
}
