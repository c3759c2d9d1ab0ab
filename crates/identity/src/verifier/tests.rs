use std::time::Duration;

use domain::Role;
use ed25519_dalek::SigningKey;
use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};

use super::*;
use crate::test_tokens::{
    NOW, SECRET, ed_key, email, forge, good_claims, issuer, kid, now, pem, public_pem, settings,
    with, without,
};

#[tokio::test]
async fn given_an_issued_token_when_verified_then_it_is_valid_exactly_for_its_lifetime() {
    let issuer = issuer(1);
    let token = issuer.issue(&email(), Role::Admin, now());
    for at in [0, 899] {
        let caller = Verifier::local(&issuer)
            .verify(&token, now() + Duration::from_secs(at))
            .await
            .expect("valid");
        assert_eq!((caller.email, caller.role), (email(), Role::Admin));
        assert_eq!(caller.expires_at.as_second(), NOW + 900);
    }
    let verifier = Verifier::local(&issuer);
    assert!(verifier.verify(&token, now()).await.is_ok());
    let expired = now() + Duration::from_mins(15);
    assert_eq!(
        verifier.verify(&token, expired).await,
        Err(VerifyError::Invalid),
        "a cached token expires too"
    );
    assert_eq!(
        Verifier::local(&issuer).verify(&token, expired).await,
        Err(VerifyError::Invalid)
    );
}

#[tokio::test]
async fn given_a_key_removed_during_a_verification_when_the_token_is_cached_then_it_is_refused() {
    let issuer = issuer(1);
    let verifier = Verifier::local(&issuer);
    let token = issuer.issue(&email(), Role::User, now());
    // The steps of a verification during which the key is removed.
    let generation = verifier.inner.generation.load(Ordering::SeqCst);
    let caller = verifier.verify(&token, now()).await.expect("valid");
    assert!(issuer.replace_keys(&self::issuer(2)));
    verifier.clear_cache();
    verifier.cache(digest(&token), caller, generation);
    assert_eq!(
        verifier.verify(&token, now()).await,
        Err(VerifyError::Invalid)
    );
}

#[tokio::test]
async fn given_wrong_claims_when_verified_then_they_are_refused() {
    let issuer = issuer(1);
    let verifier = Verifier::local(&issuer);
    let header = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": kid(&issuer) });
    let check = async |claims: Value, expected: bool| {
        let token = forge(&header, &claims, &ed_key(1));
        assert_eq!(
            verifier.verify(&token, now()).await.is_ok(),
            expected,
            "{claims}"
        );
    };
    check(good_claims(), true).await;
    check(without(good_claims(), "nbf"), true).await;
    check(with(good_claims(), "exp", json!(NOW)), false).await;
    check(with(good_claims(), "exp", json!(NOW + 1)), true).await;
    check(with(good_claims(), "exp", json!(i64::MAX)), false).await;
    check(with(good_claims(), "exp", json!("9999999999")), false).await;
    check(with(good_claims(), "nbf", json!(NOW + 1)), false).await;
    check(with(good_claims(), "iss", json!("another")), false).await;
    check(with(good_claims(), "aud", json!("another")), false).await;
    check(with(good_claims(), "aud", json!(["another"])), false).await;
    check(with(good_claims(), "role", json!("root")), false).await;
    check(with(good_claims(), "email", json!({ "$ne": "" })), false).await;
    for member in ["email", "role", "exp", "iat", "jti", "iss", "aud"] {
        check(without(good_claims(), member), false).await;
    }
}

#[tokio::test]
async fn given_forged_headers_when_verified_then_they_are_refused() {
    let issuer = issuer(1);
    let verifier = Verifier::local(&issuer);
    let good = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": kid(&issuer) });
    let check = async |header: Value, key: &EncodingKey, expected: bool| {
        let token = forge(&header, &good_claims(), key);
        assert_eq!(
            verifier.verify(&token, now()).await.is_ok(),
            expected,
            "{header}"
        );
    };
    let (ours, theirs) = (ed_key(1), ed_key(2));
    let public_key = SigningKey::from_bytes(&[1; 32]).verifying_key();
    check(good.clone(), &ours, true).await;
    check(good.clone(), &theirs, false).await;
    check(with(good.clone(), "alg", json!("none")), &ours, false).await;
    check(
        with(good.clone(), "alg", json!("HS256")),
        &EncodingKey::from_secret(public_key.as_bytes()),
        false,
    )
    .await;
    check(
        with(good.clone(), "alg", json!("HS256")),
        &EncodingKey::from_secret(public_pem(1).as_bytes()),
        false,
    )
    .await;
    check(with(good.clone(), "kid", json!("unknown")), &ours, false).await;
    check(without(good.clone(), "kid"), &ours, false).await;
    check(with(good.clone(), "typ", json!("JWT")), &ours, false).await;
    check(
        with(good.clone(), "typ", json!("refresh+jwt")),
        &ours,
        false,
    )
    .await;
    check(without(good.clone(), "typ"), &ours, false).await;
    for member in ["jku", "x5u", "x5c", "crit", "cty", "zip", "b64", "url"] {
        let value = if matches!(member, "x5c" | "crit") {
            json!(["exp"])
        } else {
            json!("http://example.org")
        };
        check(with(good.clone(), member, value), &ours, false).await;
    }
    let theirs_public = Issuer::from_ed25519_pem(&pem(2), settings())
        .expect("a key")
        .jwks()["keys"][0]
        .clone();
    check(with(good.clone(), "jwk", theirs_public), &theirs, false).await;
}

#[tokio::test]
async fn given_altered_tokens_when_verified_then_they_are_refused() {
    let issuer = issuer(1);
    let verifier = Verifier::local(&issuer);
    let token = issuer.issue(&email(), Role::User, now());
    assert!(verifier.verify(&token, now()).await.is_ok());
    for position in 0..token.len() {
        let mut altered = token.clone().into_bytes();
        altered[position] = if altered[position] == b'A' {
            b'B'
        } else {
            b'A'
        };
        let altered = String::from_utf8(altered).expect("ASCII");
        assert_eq!(
            verifier.verify(&altered, now()).await,
            Err(VerifyError::Invalid),
            "at {position}"
        );
    }
    for text in [
        "",
        ".",
        "..",
        "a.b.c",
        &format!("{token}."),
        &format!("{token}="),
        &"a".repeat(100_000),
    ] {
        assert_eq!(
            verifier.verify(text, now()).await,
            Err(VerifyError::Invalid)
        );
    }
}

#[tokio::test]
async fn given_a_shared_secret_when_verified_then_only_its_tokens_are_accepted() {
    let secret = SecretString::from(SECRET);
    let issuer = Issuer::from_hs256(&secret, settings()).expect("strong");
    assert_eq!(issuer.jwks(), json!({ "keys": [] }));
    let token = issuer.issue(&email(), Role::User, now());
    let verifier = Verifier::from_hs256(&secret, "shop", "shop").expect("strong");
    assert!(verifier.verify(&token, now()).await.is_ok());
    assert!(Verifier::local(&issuer).verify(&token, now()).await.is_ok());
    let other = Verifier::from_hs256(
        &SecretString::from(SECRET.replace('z', "y")),
        "shop",
        "shop",
    )
    .expect("strong");
    assert_eq!(other.verify(&token, now()).await, Err(VerifyError::Invalid));
    let signed_with_a_key = self::issuer(1).issue(&email(), Role::User, now());
    assert_eq!(
        verifier.verify(&signed_with_a_key, now()).await,
        Err(VerifyError::Invalid)
    );
}
