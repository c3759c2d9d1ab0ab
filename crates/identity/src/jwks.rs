//! The key set (JWKS): public keys as RFC 7517 and, for Ed25519, RFC 8037 define them.

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

/// Why a document is not a usable key set.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidKeySet {
    #[error("the document is not JSON")]
    Json(#[from] serde_json::Error),
    #[error("the document contains no usable Ed25519 key")]
    NoKey,
}

impl KeySet {
    /// Adds a key; its id is its thumbprint.
    pub(crate) fn add(&mut self, key: VerifyingKey) {
        self.keys.insert(thumbprint(&key), key);
    }

    /// Parses a key set and ignores keys of other types, as RFC 7517, 5 requires.
    pub(crate) fn from_json(document: &[u8]) -> Result<Self, InvalidKeySet> {
        let document: Value = serde_json::from_slice(document)?;
        let listed = document["keys"].as_array().ok_or(InvalidKeySet::NoKey)?;
        let keys: BTreeMap<_, _> = listed.iter().filter_map(ed25519_key).collect();
        if keys.is_empty() {
            Err(InvalidKeySet::NoKey)
        } else {
            Ok(Self { keys })
        }
    }

    /// Returns the set as a document to publish.
    pub(crate) fn to_json(&self) -> Value {
        let keys: Vec<Value> = self
            .keys
            .iter()
            .map(|(kid, key)| {
                json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": kid, "x": base64url(key) })
            })
            .collect();
        json!({ "keys": keys })
    }

    /// Returns the key with the id `kid`.
    pub(crate) fn get(&self, kid: &str) -> Option<DecodingKey> {
        self.keys
            .get(kid)
            .map(|key| DecodingKey::from_ed_der(key.as_bytes()))
    }

    /// Whether `other` contains every key of `self` under the same id.
    pub(crate) fn is_subset_of(&self, other: &Self) -> bool {
        self.keys
            .iter()
            .all(|(kid, key)| other.keys.get(kid) == Some(key))
    }
}

/// Returns the JWK thumbprint of a key (RFC 7638, with the members of RFC 8037, 2, in their order).
pub(crate) fn thumbprint(key: &VerifyingKey) -> String {
    let canonical = format!(
        r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#,
        base64url(key)
    );
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(canonical))
}

fn base64url(key: &VerifyingKey) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(key.as_bytes())
}

fn ed25519_key(jwk: &Value) -> Option<(String, VerifyingKey)> {
    let is = |member: &str, value: &str| jwk[member].as_str() == Some(value);
    let is_or_absent = |member: &str, value: &str| jwk.get(member).is_none() || is(member, value);
    if !(is("kty", "OKP")
        && is("crv", "Ed25519")
        && is_or_absent("use", "sig")
        && is_or_absent("alg", "EdDSA"))
    {
        return None;
    }
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(jwk["x"].as_str()?).ok()?;
    let key = VerifyingKey::from_bytes(&bytes.try_into().ok()?).ok()?;
    // Anyone can forge signatures for a key of small order.
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
    fn given_the_key_of_rfc_8037_when_hashed_then_the_thumbprint_is_the_published_one() {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(X).expect("base64");
        let key = VerifyingKey::from_bytes(&bytes.try_into().expect("32 bytes")).expect("a point");
        assert_eq!(
            thumbprint(&key),
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
        );
    }

    #[test]
    fn given_key_sets_when_parsed_then_only_usable_keys_count() {
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
