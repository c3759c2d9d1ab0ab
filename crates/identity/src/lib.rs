#![doc = include_str!("../README.md")]

mod caller;
mod claims;
mod fetched;
mod issuer;
mod jwks;
mod openapi;
mod role;
mod settings;
#[cfg(test)]
mod test_tokens;
mod verifier;

pub use caller::{Admin, Caller, OptionalCaller, bearer};
pub use claims::AccessClaims;
pub use fetched::InvalidKeySetUrl;
pub use issuer::{Issuer, IssuerSettings, KeyError};
pub use openapi::BearerScheme;
pub use role::Role;
pub use settings::{SettingsError, SigningSettings, TokenNames, TokenSettings};
pub use verifier::{Verifier, VerifyError, WeakSecret};
