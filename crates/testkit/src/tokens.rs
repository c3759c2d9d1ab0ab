//! The signing key of a test run, and tokens that the shop itself would never make.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Map, Value, json};

use crate::stores;

/// What comes before the 32 bytes of an Ed25519 private key in PKCS#8 (RFC 8410, 7 and 10.3).
const PKCS8_PREFIX: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

static KEY: LazyLock<String> = LazyLock::new(new_key);

/// The claims of a token, to be changed at will.
#[derive(Clone, Debug)]
pub struct Claims(Map<String, Value>);

impl Claims {
    /// What authentication would say of this person now, valid for an hour.
    pub fn of(email: &str, role: &str) -> Self {
        let now = now();
        let claims = json!({
            "email": email, "role": role, "iat": now, "nbf": now - 5, "exp": now + 3600,
            "jti": format!("{:016x}", random()), "iss": "fleetmarket", "aud": "fleetmarket",
        });
        let Value::Object(claims) = claims else {
            unreachable!("written as an object")
        };
        Self(claims)
    }

    /// The same with another claim.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// The same without a claim.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.0.remove(name);
        self
    }

    /// The same, `seconds` ago expired.
    #[must_use]
    pub fn expired(self, seconds: i64) -> Self {
        let now = now();
        self.with("iat", now - 3600)
            .with("nbf", now - 3600)
            .with("exp", now - seconds)
    }
}

/// The run's key as a file, for authentication to sign with.
pub(crate) fn key_file() -> &'static Path {
    static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
        let path = stores::folder().join("signing.pem");
        write(&path, &KEY);
        path
    });
    &FILE
}

/// A token with these claims under the run's key, which `kid` names.
pub(crate) fn sign(kid: &str, claims: &Claims) -> String {
    sign_under(&KEY, Some(kid), claims)
}

/// A token with these claims under a key that nobody knows, named `kid`.
pub fn sign_with_another_key(kid: Option<&str>, claims: &Claims) -> String {
    sign_under(&new_key(), kid, claims)
}

fn sign_under(key: &str, kid: Option<&str>, claims: &Claims) -> String {
    let key = EncodingKey::from_ed_pem(key.as_bytes()).expect("a key of our own making is one");
    let header = Header {
        typ: Some("at+jwt".to_owned()),
        kid: kid.map(str::to_owned),
        ..Header::new(Algorithm::EdDSA)
    };
    jsonwebtoken::encode(&header, &claims.0, &key).expect("claims are JSON")
}

/// Writes another key for authentication to sign with.
pub fn write_another_key(path: &Path) {
    write(path, &new_key());
}

/// Puts it there as a whole, and where only its owner can read it, as authentication demands.
fn write(path: &Path, key: &str) {
    let new = path.with_extension("new");
    fs::write(&new, key)
        .and_then(|()| fs::set_permissions(&new, fs::Permissions::from_mode(0o600)))
        .and_then(|()| fs::rename(&new, path))
        .expect("a key can be written into a folder of ours");
}

fn new_key() -> String {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).expect("the system has randomness");
    let der = BASE64_STANDARD.encode([&PKCS8_PREFIX[..], &seed].concat());
    format!("-----BEGIN PRIVATE KEY-----\n{der}\n-----END PRIVATE KEY-----\n")
}

/// A random number, for names that no other test has.
pub(crate) fn random() -> u64 {
    getrandom::u64().expect("the system has randomness")
}

fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("it is after 1970");
    i64::try_from(since.as_secs()).expect("it is before the end of time")
}
