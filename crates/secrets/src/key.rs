//! Keys that access tokens are signed with.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// What stands before the 32 bytes of the key itself in an Ed25519 private key in PKCS#8, which is
/// always the same. Source: RFC 8410, section 7, and the first example in section 10.3.
const BEFORE: [u8; 16] = [
    0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
];

/// An Ed25519 private key in PEM.
pub fn signing_key() -> Result<String, getrandom::Error> {
    let mut key = [0; 32];
    // Any 32 bytes are a private key, so chance is all that it takes (RFC 8032, section 5.1.5).
    getrandom::fill(&mut key)?;
    let body = BASE64_STANDARD.encode([BEFORE.as_slice(), &key].concat());
    Ok(format!(
        "-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"
    ))
}
