//! Access tokens: only a token that the shop's key signed identifies a caller, and only if its header
//! and claims are valid.
//!
//! The first byte is the kind of signature. The rest is an Authorization header, or the header of a
//! token on one line and its claims on the next.
#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use axum::extract::{FromRef, FromRequestParts as _};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use domain::{Email, Role};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use futures::FutureExt as _;
use identity::{Issuer, IssuerSettings, OptionalCaller, Verifier};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use libfuzzer_sys::fuzz_target;
use secrecy::SecretString;
use serde_json::Value;

const NOW: i64 = 1_700_000_000;

struct Keys {
    hs256_verifier: Verifier,
    eddsa_verifier: Verifier,
    secret: EncodingKey,
    private_key: EncodingKey,
    /// The public key as an HS256 secret.
    public_key: EncodingKey,
    kid: String,
}

#[derive(Clone)]
struct State(Verifier);

impl FromRef<State> for Verifier {
    fn from_ref(state: &State) -> Self {
        state.0.clone()
    }
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let settings = IssuerSettings {
        issuer: "shop".into(),
        audience: "shop".into(),
        lifetime: Duration::from_mins(15),
    };
    // The keys are generated here, so that no seed can contain a valid signature.
    let secret: String = (b'!'..=b'~').map(char::from).collect();
    let pair = SigningKey::from_bytes(&[7; 32]);
    let pem = pair.to_pkcs8_pem(LineEnding::LF).expect("encodes");
    let issuer = Issuer::from_ed25519_pem(&pem, settings).expect("a key");
    let kid = issuer.jwks()["keys"][0]["kid"]
        .as_str()
        .expect("a key id")
        .to_owned();
    Keys {
        hs256_verifier: Verifier::from_hs256(&SecretString::from(secret.clone()), "shop", "shop")
            .expect("a secret"),
        eddsa_verifier: Verifier::local(&issuer),
        secret: EncodingKey::from_secret(secret.as_bytes()),
        private_key: EncodingKey::from_ed_pem(pem.as_bytes()).expect("a key"),
        public_key: EncodingKey::from_secret(pair.verifying_key().as_bytes()),
        kid,
    }
});

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, rest)) = bytes.split_first() else {
        return;
    };
    let keys = &*KEYS;
    let (algorithm, key, verifier) = match kind {
        b'S' => (Algorithm::HS256, &keys.secret, &keys.hs256_verifier),
        b'E' => (Algorithm::EdDSA, &keys.private_key, &keys.eddsa_verifier),
        b'C' => (Algorithm::HS256, &keys.public_key, &keys.eddsa_verifier),
        _ => return check_unsigned(rest),
    };
    let is_trusted = *kind != b'C';
    check_signed(rest, algorithm, key, verifier, is_trusted);
});

/// Authorization headers, one per line, without a valid signature.
fn check_unsigned(bytes: &[u8]) {
    let mut request = http::Request::new(());
    for line in bytes.split(|byte| *byte == b'\n') {
        if let Ok(value) = http::HeaderValue::from_bytes(line) {
            request
                .headers_mut()
                .append(http::header::AUTHORIZATION, value);
        }
    }
    let has_several = request.headers().len() > 1;
    let (mut parts, ()) = request.into_parts();
    for verifier in [&KEYS.hs256_verifier, &KEYS.eddsa_verifier] {
        let state = State(verifier.clone());
        let caller = OptionalCaller::from_request_parts(&mut parts, &state);
        match caller.now_or_never().expect("no I/O") {
            Ok(OptionalCaller(caller)) => {
                assert!(caller.is_none() && parts.headers.is_empty());
            }
            Err(problem) => assert!(problem.status == 401 || has_several && problem.status == 400),
        }
    }
}

fn check_signed(
    bytes: &[u8],
    algorithm: Algorithm,
    key: &EncodingKey,
    verifier: &Verifier,
    is_trusted: bool,
) {
    let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
        return;
    };
    let header = String::from_utf8_lossy(&bytes[..end]).replace("KID", &KEYS.kid);
    let claims = &bytes[end + 1..];
    let message = format!("{}.{}", BASE64.encode(&header), BASE64.encode(claims));
    let signature = crypto::sign(message.as_bytes(), key, algorithm).expect("signs");
    let now = Timestamp::from_second(NOW).expect("a time");
    let token = format!("{message}.{signature}");
    let verified = verifier.verify(&token, now).now_or_never().expect("no I/O");
    let Ok(caller) = verified else {
        return;
    };
    assert!(
        is_trusted,
        "a token signed with the public key was accepted"
    );
    // Members that the verifier ignores may exceed a `Value`, such as 1e999.
    let (Ok(header), Ok(claims)) = (
        serde_json::from_str::<Value>(&header),
        serde_json::from_slice::<Value>(claims),
    ) else {
        return;
    };
    assert_eq!(header["alg"], format!("{algorithm:?}"));
    assert!(
        header["typ"]
            .as_str()
            .is_some_and(|typ| typ.eq_ignore_ascii_case("at+jwt"))
    );
    let forbidden = ["jwk", "jku", "x5u", "x5c", "crit"];
    assert!(
        forbidden.iter().all(|name| header[name].is_null()),
        "{header}"
    );
    assert!(claims["exp"].as_i64().is_some_and(|exp| exp > NOW));
    assert!(claims["nbf"].as_i64().is_none_or(|nbf| nbf <= NOW));
    assert_eq!(
        (&claims["iss"], &claims["aud"]),
        (&"shop".into(), &"shop".into())
    );
    let email = Email::parse(claims["email"].as_str().expect("text")).expect("an address");
    let role = if claims["role"] == "admin" {
        Role::Admin
    } else {
        Role::User
    };
    assert_eq!((caller.email, caller.role), (email, role));
}
