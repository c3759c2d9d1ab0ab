//! The claims of an access token.

use domain::{Email, Role};
use serde::{Deserialize, Serialize};

/// The header's `typ` of an access token (RFC 9068, 2.1). No other token of the shop has it.
pub(crate) const TOKEN_TYPE: &str = "at+jwt";

/// The claims of an access token. Times are seconds since 1970 (RFC 7519, `NumericDate`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccessClaims {
    /// The e-mail of the account.
    pub(crate) email: Email,
    /// The role of the account.
    pub(crate) role: Role,
    /// The first second at which the token is expired.
    pub(crate) exp: i64,
    /// The time of issue.
    pub(crate) iat: i64,
    /// The first second at which the token is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) nbf: Option<i64>,
    /// The random id of the token.
    pub(crate) jti: String,
    /// The issuer, which a verifier compares with its setting.
    pub(crate) iss: String,
    /// The audience, which a verifier compares with its setting.
    pub(crate) aud: String,
}
