//! The signing key of a test run, and access tokens with any claims.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Map, Value, json};

use crate::random::random_id;
use crate::servers::scratch_directory;

static KEY_PEM: LazyLock<String> = LazyLock::new(new_key);

/// The claims of an access token.
#[derive(Clone, Debug)]
pub struct Claims(Map<String, Value>);

impl Claims {
    /// The claims that authentication issues for this account, valid for an hour from now.
    pub fn new(email: &str, role: &str) -> Self {
        let now = now();
        let claims = json!({
            "email": email, "role": role, "iat": now, "nbf": now - 5, "exp": now + 3600,
            "jti": random_id(), "iss": "fleetmarket", "aud": "fleetmarket",
        });
        let Value::Object(claims) = claims else {
            unreachable!("it is written as an object")
        };
        Self(claims)
    }

    /// Sets a claim.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// Removes a claim.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.0.remove(name);
        self
    }

    /// Makes the token an hour old and lets it expire in `seconds`, which may be negative.
    #[must_use]
    pub fn expiring_in(self, seconds: i64) -> Self {
        let now = now();
        self.with("iat", now - 3600)
            .with("nbf", now - 3600)
            .with("exp", now + seconds)
    }
}

/// The file with the run's signing key, for `TOKEN_SIGNING_KEY_FILE`.
pub(crate) fn key_file() -> &'static Path {
    static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
        let path = scratch_directory().join("signing.pem");
        write_key(&path, &KEY_PEM);
        path
    });
    &FILE
}

/// Signs claims with the run's key, whose key id is `kid`.
pub(crate) fn sign(kid: &str, claims: &Claims) -> String {
    sign_with(&KEY_PEM, Some(kid), claims)
}

/// Signs claims with a key that no service knows, under the key id `kid`.
pub fn sign_with_unknown_key(kid: Option<&str>, claims: &Claims) -> String {
    sign_with(&new_key(), kid, claims)
}

/// Signs claims with a shared secret (HS256).
pub fn sign_hs256(secret: &str, claims: &Claims) -> String {
    let key = EncodingKey::from_secret(secret.as_bytes());
    encode(Algorithm::HS256, None, &key, claims)
}

fn sign_with(key_pem: &str, kid: Option<&str>, claims: &Claims) -> String {
    let key = EncodingKey::from_ed_pem(key_pem.as_bytes()).expect("the key is a valid PEM");
    encode(Algorithm::EdDSA, kid, &key, claims)
}

fn encode(algorithm: Algorithm, kid: Option<&str>, key: &EncodingKey, claims: &Claims) -> String {
    let header = Header {
        typ: Some("at+jwt".to_owned()),
        kid: kid.map(str::to_owned),
        ..Header::new(algorithm)
    };
    jsonwebtoken::encode(&header, &claims.0, key).expect("claims are JSON")
}

/// Writes a new signing key to `path`.
pub fn write_new_key(path: &Path) {
    write_key(path, &new_key());
}

fn write_key(path: &Path, key_pem: &str) {
    secrets::write_private(path, key_pem).expect("the key can be written");
}

fn new_key() -> String {
    secrets::signing_key().expect("the system provides randomness")
}

#[expect(clippy::disallowed_methods, reason = "test tokens start now")]
fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("the clock is after 1970");
    i64::try_from(since.as_secs()).expect("the clock fits 64 bits")
}
