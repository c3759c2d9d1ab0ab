//! Keys and tokens for the tests of this crate.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use domain::Email;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use ed25519_dalek::pkcs8::spki::EncodePublicKey as _;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use crate::issuer::{Issuer, IssuerSettings};

pub(crate) const NOW: i64 = 1_700_000_000;
pub(crate) const SECRET: &str = "Ahh6zohw-ieb4Gohn-oJ8kieW0-eeG3ahqu";

pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(NOW).expect("in range")
}

pub(crate) fn pem(seed: u8) -> String {
    SigningKey::from_bytes(&[seed; 32])
        .to_pkcs8_pem(LineEnding::LF)
        .expect("encodes")
        .to_string()
}

pub(crate) fn public_pem(seed: u8) -> String {
    SigningKey::from_bytes(&[seed; 32])
        .verifying_key()
        .to_public_key_pem(LineEnding::LF)
        .expect("encodes")
}

pub(crate) fn settings() -> IssuerSettings {
    IssuerSettings {
        issuer: "shop".into(),
        audience: "shop".into(),
        lifetime: Duration::from_mins(15),
    }
}

pub(crate) fn issuer(seed: u8) -> Issuer {
    Issuer::from_ed25519_pem(&pem(seed), settings()).expect("a key")
}

pub(crate) fn email() -> Email {
    Email::parse("aaa@aaa.com").expect("valid")
}

pub(crate) fn kid(issuer: &Issuer) -> Value {
    issuer.jwks()["keys"][0]["kid"].clone()
}

pub(crate) fn good_claims() -> Value {
    json!({
        "email": "aaa@aaa.com", "role": "user", "exp": NOW + 60, "iat": NOW, "nbf": NOW, "jti": "1", "iss": "shop", "aud": "shop",
    })
}

/// Signs any header and claims.
pub(crate) fn forge(header: &Value, claims: &Value, key: &EncodingKey) -> String {
    let message = format!(
        "{}.{}",
        BASE64.encode(header.to_string()),
        BASE64.encode(claims.to_string())
    );
    let algorithm = match header["alg"].as_str() {
        Some("none") => return format!("{message}."),
        Some("HS256") => Algorithm::HS256,
        _ => Algorithm::EdDSA,
    };
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).expect("signs");
    format!("{message}.{signature}")
}

pub(crate) fn ed_key(seed: u8) -> EncodingKey {
    EncodingKey::from_ed_pem(pem(seed).as_bytes()).expect("a key")
}

pub(crate) fn with(mut value: Value, member: &str, to: Value) -> Value {
    value[member] = to;
    value
}

pub(crate) fn without(mut value: Value, member: &str) -> Value {
    value.as_object_mut().expect("an object").remove(member);
    value
}
