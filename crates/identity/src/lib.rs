#![doc = include_str!("../README.md")]

mod caller;
mod claims;
mod extract;
mod issuer;
mod jwks;
mod openapi;
mod remote_keys;
mod settings;
mod shared_secret;
#[cfg(test)]
mod test_tokens;
mod verifier;

pub use caller::Caller;
pub use extract::{Admin, OptionalCaller, bearer};
pub use issuer::{Issuer, IssuerSettings, KeyError};
pub use openapi::BearerScheme;
pub use remote_keys::KeySetUrlError;
pub use settings::{IssuerAndAudience, SettingsError, SigningSettings, TokenSettings};
pub use shared_secret::WeakSecret;
pub use verifier::{Verifier, VerifyError};
