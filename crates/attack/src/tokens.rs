//! Access tokens that are forged, altered, signed with the wrong algorithm or in the wrong place.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519::pkcs8::{EncodePrivateKey as _, KeypairBytes};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::account::Account;
use crate::exchange::{TIMEOUT, exchange, request};
use crate::report::CaseResult;
use crate::target::{Kind, Target};

/// The public key of [`attacker_key`], as in a JWK (RFC 8037, 2).
const ATTACKER_PUBLIC_KEY: &str = "6kpsY-KcUgq-9VB7Ey7F-ZVHdq6-vnuSQh7qaRRG0iw";

/// Runs all cases; returns no results if there is no account.
pub(crate) fn run(target: &Target, account: Option<&Account>) -> Vec<CaseResult> {
    let Some(account) = account else {
        return Vec::new();
    };
    let mut results: Vec<CaseResult> = forged_tokens(account)
        .into_iter()
        .map(|(case, token)| {
            let bearer = format!("Bearer {token}");
            get(target, case, &[("Authorization", &bearer)], 401)
        })
        .collect();
    results.extend(misplaced_tokens(target, account));
    results.push(access_token_as_refresh_token(target, account));
    results
}

fn get(target: &Target, case: &str, headers: &[(&str, &str)], expected: u16) -> CaseResult {
    let request = request(target, "GET", target.protected_path(), headers, b"");
    send(target, case, &request, expected)
}

fn send(target: &Target, case: &str, request: &[u8], expected: u16) -> CaseResult {
    let reply = exchange(target, request, TIMEOUT);
    CaseResult {
        target: target.kind.name(),
        case: case.to_owned(),
        expected: expected.to_string(),
        actual: reply.summary(),
        passed: reply.statuses() == [expected],
    }
}

/// Tokens that claim the role of an admin, and strings that are no access tokens.
fn forged_tokens(account: &Account) -> Vec<(&'static str, String)> {
    let token = &account.access_token;
    let (signed, signature) = token.rsplit_once('.').unwrap_or((token, ""));
    let (header, claims) = signed.split_once('.').unwrap_or((signed, ""));
    let kid = decode(header)["kid"].as_str().map(str::to_owned);
    let admin = with_admin_role(claims);
    let unsigned = |algorithm: &str| {
        let header = json!({ "alg": algorithm, "typ": "at+jwt", "kid": kid });
        format!("{}.{}.", encode(&header), encode(&admin))
    };
    let first = if signature.starts_with('A') { "B" } else { "A" };
    let rest = signature.get(1..).unwrap_or_default();
    let mut tokens = vec![
        ("no signature, alg none", unsigned("none")),
        ("no signature, alg None", unsigned("None")),
        ("no signature, alg EdDSA", unsigned("EdDSA")),
        ("the real token without its signature", format!("{signed}.")),
        ("an altered signature", format!("{signed}.{first}{rest}")),
        (
            "an altered role",
            format!("{header}.{}.{signature}", encode(&admin)),
        ),
        ("a refresh token", account.refresh_token.clone()),
        ("an empty token", String::new()),
        ("3,900 letters", "a".repeat(3_900)),
    ];
    tokens.extend(signed_by_attacker(kid.as_deref(), &admin));
    tokens.extend(signed_with_public_key(account, kid.as_deref(), &admin));
    tokens
}

/// Tokens with a valid signature of a key that is not the shop's.
fn signed_by_attacker(kid: Option<&str>, claims: &Value) -> Vec<(&'static str, String)> {
    let key = attacker_key();
    let sign = |change: &dyn Fn(&mut Header)| {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some("at+jwt".to_owned());
        header.kid = kid.map(str::to_owned);
        change(&mut header);
        sign(&header, claims, &key)
    };
    let with_kid = |kid: &str| sign(&|header| header.kid = Some(kid.to_owned()));
    let with_jku = sign(&|header| header.jku = Some("http://127.0.0.1:1/jwks.json".to_owned()));
    let with_x5u = sign(&|header| header.x5u = Some("http://127.0.0.1:1/key.pem".to_owned()));
    vec![
        ("another key under the real key id", sign(&|_| ())),
        ("an unknown key id", with_kid("unknown")),
        ("a key id that is a path", with_kid("../../../../dev/null")),
        ("no key id", sign(&|header| header.kid = None)),
        (
            "the attacker's key in jwk",
            sign(&|header| header.jwk = attacker_jwk()),
        ),
        ("the attacker's key at jku", with_jku),
        ("the attacker's key at x5u", with_x5u),
    ]
}

/// Algorithm confusion: HS256 with the public key as the secret.
fn signed_with_public_key(
    account: &Account,
    kid: Option<&str>,
    claims: &Value,
) -> Vec<(&'static str, String)> {
    let Some(keys) = &account.public_keys else {
        return Vec::new();
    };
    let key = &keys["keys"][0];
    let public = key["x"].as_str().unwrap_or_default();
    let mut header = Header::new(Algorithm::HS256);
    header.kid = kid.map(str::to_owned);
    header.typ = Some("at+jwt".to_owned());
    let sign = |secret: &[u8]| sign(&header, claims, &EncodingKey::from_secret(secret));
    let bytes = URL_SAFE_NO_PAD.decode(public).unwrap_or_default();
    vec![
        ("the public key's bytes as an HS256 secret", sign(&bytes)),
        (
            "the public key's text as an HS256 secret",
            sign(public.as_bytes()),
        ),
        (
            "the public key's JWK as an HS256 secret",
            sign(key.to_string().as_bytes()),
        ),
    ]
}

/// The real token in the wrong place, and identity headers without a token.
fn misplaced_tokens(target: &Target, account: &Account) -> Vec<CaseResult> {
    let token = &account.access_token;
    let bearer = format!("Bearer {token}");
    let bearer = ("Authorization", bearer.as_str());
    let basic = format!("Basic {token}");
    let cookie = format!("access_token={token}");
    let claims = [
        ("X-User", "admin@admin.com"),
        ("X-User-Email", "admin@admin.com"),
        ("X-User-Role", "admin"),
        ("X-Forwarded-User", "admin@admin.com"),
        ("X-Forwarded-Email", "admin@admin.com"),
        ("X-Remote-User", "admin@admin.com"),
        ("email", "admin@admin.com"),
        ("role", "admin"),
    ];
    let anonymous = if target.is_public() { 200 } else { 401 };
    let path = format!("{}?access_token={token}", target.protected_path());
    let in_url = request(target, "GET", &path, &[], b"");
    let get = |case, headers: &[_], expected| get(target, case, headers, expected);
    vec![
        get("identity headers and no token", &claims, anonymous),
        get("two tokens", &[bearer, bearer], 400),
        get(
            "a token with another scheme",
            &[("Authorization", &basic)],
            401,
        ),
        get("a token in a cookie", &[("Cookie", &cookie)], anonymous),
        send(target, "a token in the URL", &in_url, anonymous),
        get("the real token", &[bearer], 200),
    ]
}

fn access_token_as_refresh_token(target: &Target, account: &Account) -> CaseResult {
    let body = json!({ "refresh_token": account.access_token }).to_string();
    let expected = match target.kind {
        Kind::Products | Kind::Orders => 404,
        _ => 401,
    };
    let request = request(target, "POST", "/api/refresh", &[], body.as_bytes());
    let case = "an access token as a refresh token";
    send(target, case, &request, expected)
}

/// Returns the real claims with the role of an admin.
fn with_admin_role(claims: &str) -> Value {
    let mut claims = decode(claims);
    claims["role"] = json!("admin");
    claims
}

fn decode(part: &str) -> Value {
    let bytes = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_else(|_| json!({}))
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn sign(header: &Header, claims: &Value, key: &EncodingKey) -> String {
    jsonwebtoken::encode(header, claims, key).expect("the key suits the algorithm")
}

fn attacker_key() -> EncodingKey {
    let key = KeypairBytes {
        secret_key: [7; 32],
        public_key: None,
    };
    let der = key
        .to_pkcs8_der()
        .expect("an Ed25519 key has a PKCS#8 form");
    EncodingKey::from_ed_der(der.as_bytes())
}

fn attacker_jwk() -> Option<Jwk> {
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": ATTACKER_PUBLIC_KEY });
    serde_json::from_value(jwk).ok()
}
