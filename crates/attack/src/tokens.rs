//! Access tokens that are forged, altered, confused or misplaced.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::account::Account;
use crate::exchange::{PATIENCE, exchange, request};
use crate::report::Row;
use crate::target::{Kind, Target};

/// An Ed25519 private key that is no secret: 32 times the byte 7, in PKCS#8 (RFC 8410, 7).
const OWN_KEY: [u8; 48] = {
    let mut key = [7; 48];
    let before = [
        0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
    ];
    let mut at = 0;
    while at < before.len() {
        key[at] = before[at];
        at += 1;
    }
    key
};
/// Its public key, as in a JWK (RFC 8037, 2).
const OWN_PUBLIC_KEY: &str = "6kpsY-KcUgq-9VB7Ey7F-ZVHdq6-vnuSQh7qaRRG0iw";

/// Tries them all; none without an account.
pub(crate) fn rows(target: &Target, account: Option<&Account>) -> Vec<Row> {
    let Some(account) = account else {
        return Vec::new();
    };
    let mut rows: Vec<Row> = forged(account)
        .into_iter()
        .map(|(case, token)| {
            let bearer = format!("Bearer {token}");
            row(target, case, &[("Authorization", &bearer)], 401)
        })
        .collect();
    rows.extend(misplaced(target, account));
    rows.push(refused_as_refresh_token(target, account));
    rows
}

fn row(target: &Target, case: &str, headers: &[(&str, &str)], expected: u16) -> Row {
    let path = target.guarded_path();
    call(
        target,
        case,
        &request(target, "GET", path, headers, b""),
        expected,
    )
}

fn call(target: &Target, case: &str, request: &[u8], expected: u16) -> Row {
    let seen = exchange(target, request, PATIENCE);
    Row {
        target: target.kind.name(),
        case: case.to_owned(),
        expected: expected.to_string(),
        held: seen.statuses() == [expected],
        seen: seen.told(),
    }
}

/// Tokens that say that their holder is an admin, and that nobody may believe.
fn forged(account: &Account) -> Vec<(&'static str, String)> {
    let token = &account.access_token;
    let (signed, signature) = token.rsplit_once('.').unwrap_or((token, ""));
    let (head, claims) = signed.split_once('.').unwrap_or((signed, ""));
    let kid = decoded(head)["kid"].as_str().map(str::to_owned);
    let admin = admin(claims);
    let unsigned = |algorithm: &str| {
        let head = encoded(&json!({ "alg": algorithm, "typ": "at+jwt", "kid": kid }));
        format!("{head}.{}.", encoded(&admin))
    };
    let with = |change: &dyn Fn(&mut Header)| {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some("at+jwt".to_owned());
        header.kid.clone_from(&kid);
        change(&mut header);
        sign(&header, &admin, &EncodingKey::from_ed_der(&OWN_KEY))
    };
    let other = if signature.starts_with('A') { "B" } else { "A" };
    let mut forged = vec![
        ("no signature, alg none", unsigned("none")),
        ("no signature, alg None", unsigned("None")),
        ("no signature, alg EdDSA", unsigned("EdDSA")),
        ("the real token without its signature", format!("{signed}.")),
        (
            "an altered signature",
            format!("{signed}.{other}{}", signature.get(1..).unwrap_or_default()),
        ),
        (
            "a role that was altered",
            format!("{head}.{}.{signature}", encoded(&admin)),
        ),
        ("another key under the real key's id", with(&|_| ())),
        (
            "an unknown key",
            with(&|header| header.kid = Some("unknown".to_owned())),
        ),
        (
            "a key id that is a path",
            with(&|header| header.kid = Some("../../../../dev/null".to_owned())),
        ),
        ("no key id", with(&|header| header.kid = None)),
        ("its own key in jwk", with(&|header| header.jwk = own_jwk())),
        (
            "its own key at jku",
            with(&|header| header.jku = Some("http://127.0.0.1:1/jwks.json".to_owned())),
        ),
        (
            "its own key at x5u",
            with(&|header| header.x5u = Some("http://127.0.0.1:1/key.pem".to_owned())),
        ),
        ("a refresh token", account.refresh_token.clone()),
        ("nothing", String::new()),
        ("3,900 letters", "a".repeat(3_900)),
    ];
    forged.extend(confused(account, kid.as_deref(), &admin));
    forged
}

/// HS256 with what everybody can know as its secret: the public key.
fn confused(account: &Account, kid: Option<&str>, admin: &Value) -> Vec<(&'static str, String)> {
    let Some(keys) = &account.public_keys else {
        return Vec::new();
    };
    let public = keys["keys"][0]["x"].as_str().unwrap_or_default();
    let mut header = Header::new(Algorithm::HS256);
    header.kid = kid.map(str::to_owned);
    header.typ = Some("at+jwt".to_owned());
    let bytes = URL_SAFE_NO_PAD.decode(public).unwrap_or_default();
    let secrets = [
        ("the public key's bytes as an HS256 secret", bytes),
        (
            "the public key's text as an HS256 secret",
            public.as_bytes().to_vec(),
        ),
        (
            "the key set's key as an HS256 secret",
            keys["keys"][0].to_string().into_bytes(),
        ),
    ];
    secrets
        .into_iter()
        .map(|(case, secret)| {
            (
                case,
                sign(&header, admin, &EncodingKey::from_secret(&secret)),
            )
        })
        .collect()
}

/// The real token where it does not belong, and identity without one.
fn misplaced(target: &Target, account: &Account) -> Vec<Row> {
    let token = &account.access_token;
    let bearer = format!("Bearer {token}");
    let claimed = [
        ("X-User", "admin@admin.com"),
        ("X-User-Email", "admin@admin.com"),
        ("X-User-Role", "admin"),
        ("X-Forwarded-User", "admin@admin.com"),
        ("X-Forwarded-Email", "admin@admin.com"),
        ("X-Remote-User", "admin@admin.com"),
        ("email", "admin@admin.com"),
        ("role", "admin"),
    ];
    let unnoticed = if target.is_open_to_visitors() {
        200
    } else {
        401
    };
    let path = format!("{}?access_token={token}", target.guarded_path());
    vec![
        row(target, "identity headers and no token", &claimed, unnoticed),
        row(
            target,
            "two tokens",
            &[("Authorization", &bearer), ("Authorization", &bearer)],
            400,
        ),
        row(
            target,
            "a token with another scheme",
            &[("Authorization", &format!("Basic {token}"))],
            401,
        ),
        row(
            target,
            "a token in a cookie",
            &[("Cookie", &format!("access_token={token}"))],
            unnoticed,
        ),
        call(
            target,
            "a token in the address",
            &request(target, "GET", &path, &[], b""),
            unnoticed,
        ),
        row(target, "the real token", &[("Authorization", &bearer)], 200),
    ]
}

fn refused_as_refresh_token(target: &Target, account: &Account) -> Row {
    let body = json!({ "refresh_token": account.access_token }).to_string();
    let expected = match target.kind {
        Kind::Products | Kind::Orders => 404,
        _ => 401,
    };
    let request = request(target, "POST", "/api/refresh", &[], body.as_bytes());
    call(
        target,
        "an access token as a refresh token",
        &request,
        expected,
    )
}

/// The real claims, but with the role of an admin.
fn admin(claims: &str) -> Value {
    let mut claims = decoded(claims);
    claims["role"] = json!("admin");
    claims
}

fn decoded(part: &str) -> Value {
    let bytes = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_else(|_| json!({}))
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn sign(header: &Header, claims: &Value, key: &EncodingKey) -> String {
    encode(header, claims, key).expect("any JSON can be signed with a key of the right kind")
}

fn own_jwk() -> Option<Jwk> {
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": OWN_PUBLIC_KEY });
    serde_json::from_value(jwk).ok()
}
