//! Access tokens: what is not signed with our key is nobody's, and what is says who they are only
//! if everything in it is as it should be.
//!
//! The first byte says how it is signed. The rest is an Authorization header, or a header of a
//! token on one line and its claims on the next.
#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use axum::extract::{FromRef, FromRequestParts as _};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use domain::{Email};
use identity::{Issuer, IssuerSettings, OptionalCaller, Role, Verifier};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use libfuzzer_sys::fuzz_target;
use secrecy::SecretString;
use serde_json::Value;

const NOW: i64 = 1_700_000_000;

struct Keys {
    with_secret: Verifier,
    with_public_key: Verifier,
    secret: EncodingKey,
    private: EncodingKey,
    /// The public key, taken for a secret.
    confused: EncodingKey,
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
    // Made here, so that no input can have been signed with them.
    let words: String = (b'!'..=b'~').map(char::from).collect();
    let pair = SigningKey::from_bytes(&[7; 32]);
    let pem = pair.to_pkcs8_pem(LineEnding::LF).expect("encodes");
    let issuer = Issuer::from_ed25519_pem(&pem, settings).expect("a key");
    let kid = issuer.jwks()["keys"][0]["kid"]
        .as_str()
        .expect("a word")
        .to_owned();
    Keys {
        with_secret: Verifier::from_hs256(&SecretString::from(words.clone()), "shop", "shop")
            .expect("a secret"),
        with_public_key: Verifier::local(&issuer),
        secret: EncodingKey::from_secret(words.as_bytes()),
        private: EncodingKey::from_ed_pem(pem.as_bytes()).expect("a key"),
        confused: EncodingKey::from_secret(pair.verifying_key().as_bytes()),
        kid,
    }
});

fuzz_target!(|bytes: &[u8]| {
    let Some((how, rest)) = bytes.split_first() else {
        return;
    };
    let keys = &*KEYS;
    match how {
        b'S' => signed(
            rest,
            Algorithm::HS256,
            &keys.secret,
            &keys.with_secret,
            true,
        ),
        b'E' => signed(
            rest,
            Algorithm::EdDSA,
            &keys.private,
            &keys.with_public_key,
            true,
        ),
        b'C' => signed(
            rest,
            Algorithm::HS256,
            &keys.confused,
            &keys.with_public_key,
            false,
        ),
        _ => headers(rest),
    }
});

/// Lines of Authorization headers that nobody signed.
fn headers(bytes: &[u8]) {
    let mut request = http::Request::new(());
    for line in bytes.split(|byte| *byte == b'\n') {
        if let Ok(value) = http::HeaderValue::from_bytes(line) {
            request
                .headers_mut()
                .append(http::header::AUTHORIZATION, value);
        }
    }
    let several = request.headers().len() > 1;
    let (mut parts, ()) = request.into_parts();
    for verifier in [&KEYS.with_secret, &KEYS.with_public_key] {
        let state = State(verifier.clone());
        match wait(OptionalCaller::from_request_parts(&mut parts, &state)) {
            Ok(OptionalCaller(caller)) => {
                assert!(caller.is_none() && parts.headers.is_empty());
            }
            Err(problem) => assert!(problem.status == 401 || several && problem.status == 400),
        }
    }
}

fn signed(bytes: &[u8], algorithm: Algorithm, key: &EncodingKey, verifier: &Verifier, ours: bool) {
    let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
        return;
    };
    let header = String::from_utf8_lossy(&bytes[..end]).replace("KID", &KEYS.kid);
    let claims = &bytes[end + 1..];
    let message = format!("{}.{}", BASE64.encode(&header), BASE64.encode(claims));
    let signature = crypto::sign(message.as_bytes(), key, algorithm).expect("signs");
    let now = Timestamp::from_second(NOW).expect("a time");
    let Ok(caller) = wait(verifier.verify(&format!("{message}.{signature}"), now)) else {
        return;
    };
    assert!(ours, "signed with a public key");
    // What is ignored there may be beyond a `Value`, such as 1e999.
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
    let offered = ["jwk", "jku", "x5u", "x5c", "crit"];
    assert!(
        offered.iter().all(|name| header[name].is_null()),
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

/// Nothing here has anything to wait for.
fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("waits"),
    }
}
