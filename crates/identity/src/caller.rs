//! The caller of a request.

use domain::{Email, Role};
use jiff::Timestamp;

/// The holder of a valid access token.
///
/// As an extractor it rejects a request without a token with 401 "You have no access to this
/// resource!", one with an invalid token with 401 "Incorrect token", and one with two Authorization
/// headers with 400.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The e-mail of the account.
    pub email: Email,
    /// The role of the account.
    pub role: Role,
    /// The expiry of the token.
    pub expires_at: Timestamp,
}
