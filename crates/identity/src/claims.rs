//! What an access token says.

use serde::{Deserialize, Serialize};

use crate::Role;
use domain::Email;

/// The header's `typ` of an access token (RFC 9068, 2.1), which no other token of ours has.
pub(crate) const TOKEN_TYPE: &str = "at+jwt";

/// The claims of an access token. Times are seconds since 1970 (RFC 7519, `NumericDate`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// Whose token it is.
    pub email: Email,
    /// What they may do.
    pub role: Role,
    /// The first second at which it is no longer valid.
    pub exp: i64,
    /// When it was made.
    pub iat: i64,
    /// The first second at which it is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// A random name for this one token.
    pub jti: String,
    /// Who made it.
    pub iss: String,
    /// Whom it is for.
    pub aud: String,
}
