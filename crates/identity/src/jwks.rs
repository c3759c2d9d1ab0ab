//! The set of public keys (RFC 7517, with RFC 8037 for Ed25519).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ed25519_dalek::VerifyingKey;
use jsonwebtoken::DecodingKey;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Public Ed25519 keys by key id.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeySet {
    keys: BTreeMap<String, VerifyingKey>,
}

/// The document is not a key set with at least one key that can be used.
#[derive(Debug, thiserror::Error)]
#[error("is not a key set with an Ed25519 key in it")]
pub(crate) struct InvalidKeySet;

impl KeySet {
    /// A set of these keys, each under its thumbprint.
    pub(crate) fn of(keys: impl IntoIterator<Item = VerifyingKey>) -> Self {
        Self {
            keys: keys
                .into_iter()
                .map(|key| (thumbprint(&key), key))
                .collect(),
        }
    }

    /// Adds a key under its thumbprint.
    pub(crate) fn add(&mut self, key: VerifyingKey) {
        self.keys.insert(thumbprint(&key), key);
    }

    /// Reads a set, passing over keys of other kinds as RFC 7517, 5 asks.
    pub(crate) fn from_json(document: &[u8]) -> Result<Self, InvalidKeySet> {
        let document: Value = serde_json::from_slice(document).map_err(|_| InvalidKeySet)?;
        let listed = document["keys"].as_array().ok_or(InvalidKeySet)?;
        let keys: BTreeMap<_, _> = listed.iter().filter_map(ed25519_key).collect();
        if keys.is_empty() {
            Err(InvalidKeySet)
        } else {
            Ok(Self { keys })
        }
    }

    /// The set as a document to publish.
    pub(crate) fn to_json(&self) -> Value {
        let keys: Vec<Value> = self
            .keys
            .iter()
            .map(|(kid, key)| {
                json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": kid, "x": encoded(key) })
            })
            .collect();
        json!({ "keys": keys })
    }

    /// The key of this id.
    pub(crate) fn get(&self, kid: &str) -> Option<DecodingKey> {
        self.keys
            .get(kid)
            .map(|key| DecodingKey::from_ed_der(key.as_bytes()))
    }

    /// Whether every key of `self` is also, the same, in `other`.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        self.keys
            .iter()
            .all(|(kid, key)| other.keys.get(kid) == Some(key))
    }
}

/// A key's JWK thumbprint (RFC 7638, with the members that RFC 8037, 2 requires, in their order).
pub(crate) fn thumbprint(key: &VerifyingKey) -> String {
    let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, encoded(key));
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(canonical))
}

fn encoded(key: &VerifyingKey) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(key.as_bytes())
}

fn ed25519_key(jwk: &Value) -> Option<(String, VerifyingKey)> {
    let is = |member: &str, value: &str| jwk[member].as_str() == Some(value);
    let is_or_silent = |member: &str, value: &str| jwk.get(member).is_none() || is(member, value);
    if !(is("kty", "OKP")
        && is("crv", "Ed25519")
        && is_or_silent("use", "sig")
        && is_or_silent("alg", "EdDSA"))
    {
        return None;
    }
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(jwk["x"].as_str()?).ok()?;
    let key = VerifyingKey::from_bytes(&bytes.try_into().ok()?).ok()?;
    // A key of small order would verify signatures that nobody made.
    if key.is_weak() {
        None
    } else {
        Some((jwk["kid"].as_str()?.to_owned(), key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 8037, appendix A.2 and A.3.
    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    #[test]
    fn given_the_key_of_rfc_8037_when_named_then_the_thumbprint_is_the_published_one() {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(X).expect("base64");
        let key = VerifyingKey::from_bytes(&bytes.try_into().expect("32 bytes")).expect("a point");
        assert_eq!(
            thumbprint(&key),
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
        );
    }

    #[test]
    fn given_key_sets_when_read_then_only_usable_keys_count() {
        let check = |document: Value, expected: usize| {
            let read = KeySet::from_json(document.to_string().as_bytes());
            assert_eq!(read.map_or(0, |set| set.keys.len()), expected, "{document}");
        };
        let good = json!({ "kty": "OKP", "crv": "Ed25519", "x": X, "kid": "a" });
        let rsa = json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "b" });
        check(json!({ "keys": [good, rsa] }), 1);
        check(
            json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": "AQAB", "kid": "short" }] }),
            0,
        );
        check(
            json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": X, "kid": "a", "use": "enc" }] }),
            0,
        );
        check(
            json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": "A".repeat(43), "kid": "weak" }] }),
            0,
        );
        check(json!({ "keys": [] }), 0);
        check(json!({}), 0);
        check(json!([]), 0);
    }
}
