//! Bodies, as JSON and as the OpenAPI document describes them.

use domain::{Email, Role};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The credentials of a new account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(expecting = "an object")]
pub(super) struct Credentials {
    /// The e-mail, in any letter case.
    #[schema(example = "ada@example.com", format = "email", max_length = 254)]
    pub(super) email: String,
    /// The password, neither trimmed nor folded; common passwords are refused.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 128, example = "a long sentence")]
    pub(super) password: SecretString,
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Account {
    /// The e-mail.
    #[schema(value_type = String, example = "ada@example.com")]
    pub(super) email: Email,
    /// The role.
    pub(super) role: Role,
}

/// The credentials of a log-in, and where the refresh token is stored.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(expecting = "an object")]
pub(super) struct LogIn {
    /// The e-mail, in any letter case.
    #[schema(example = "ada@example.com", format = "email", max_length = 254)]
    pub(super) email: String,
    /// The password, compared as it is sent and then in the normal form NFC.
    #[schema(value_type = String, format = Password, example = "a long sentence")]
    pub(super) password: SecretString,
    /// For pages in a browser: where the refresh token is stored. Without it, it is in the body of the
    /// response.
    #[serde(default)]
    pub(super) session: Option<TokenStorage>,
}

/// Where a browser stores a refresh token.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum TokenStorage {
    /// In a cookie that scripts cannot read.
    Cookie,
}

/// A refresh token, or where it is stored.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(expecting = "an object")]
pub(super) struct Refresh {
    /// The last refresh token of the session. It can be omitted if `session` is set.
    #[schema(value_type = Option<String>, example = "the refresh token")]
    #[serde(default)]
    pub(super) refresh_token: Option<SecretString>,
    /// For pages in a browser: where the refresh token is stored.
    #[serde(default)]
    pub(super) session: Option<TokenStorage>,
}

/// The tokens of a session.
#[derive(Serialize, ToSchema)]
pub(super) struct TokensBody {
    /// For the Authorization header, as `Bearer …`; it is valid for some minutes.
    #[schema(example = "header.claims.signature")]
    pub(super) access_token: String,
    /// For one `POST /api/refresh`. Absent if it is stored in a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "the next refresh token")]
    pub(super) refresh_token: Option<String>,
}
