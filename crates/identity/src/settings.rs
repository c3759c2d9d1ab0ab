//! The environment variables of tokens.

use std::path::Path;
use std::time::Duration;

use clap::Args;
use runtime::secret::{self, SecretError};
use runtime::settings::duration;
use secrecy::{ExposeSecret, SecretString};

use crate::fetched::InvalidKeySetUrl;
use crate::{Issuer, IssuerSettings, KeyError, Verifier, WeakSecret};

/// Whose tokens these are and whom they are for; the same everywhere in one shop.
#[derive(Args, Clone, Debug)]
pub struct TokenNames {
    /// Who makes the access tokens: their `iss` claim.
    #[arg(long, env = "TOKEN_ISSUER", default_value = "fleetmarket")]
    pub token_issuer: String,
    /// Whom the access tokens are for: their `aud` claim.
    #[arg(long, env = "TOKEN_AUDIENCE", default_value = "fleetmarket")]
    pub token_audience: String,
}

/// What a service verifies access tokens with: a key set or a shared secret.
#[derive(Args, Clone, Debug)]
pub struct TokenSettings {
    /// Names in the tokens.
    #[command(flatten)]
    pub names: TokenNames,
    /// Address of authentication's public keys, such as
    /// `http://authentication:8001/.well-known/jwks.json`.
    #[arg(long, env = "JWKS_URL")]
    pub jwks_url: Option<String>,
    /// Shared secret of at least 32 bytes, instead of public keys.
    #[arg(long, env = "TOKEN_HS256_SECRET", hide_env_values = true)]
    pub token_hs256_secret: Option<SecretString>,
    /// File with the shared secret, instead.
    #[arg(long, env = "TOKEN_HS256_SECRET_FILE")]
    pub token_hs256_secret_file: Option<String>,
}

/// What authentication signs access tokens with: a private key or a shared secret.
#[derive(Args, Clone, Debug)]
pub struct SigningSettings {
    /// Names in the tokens.
    #[command(flatten)]
    pub names: TokenNames,
    /// File with the Ed25519 private key (PKCS#8 in PEM) that signs access tokens.
    #[arg(long, env = "TOKEN_SIGNING_KEY_FILE")]
    pub token_signing_key_file: Option<String>,
    /// Files with further keys that are published: the one used before this one, and the next.
    #[arg(long, env = "TOKEN_OTHER_KEY_FILES", value_delimiter = ',')]
    pub token_other_key_files: Vec<String>,
    /// Shared secret of at least 32 bytes, instead of a private key.
    #[arg(long, env = "TOKEN_HS256_SECRET", hide_env_values = true)]
    pub token_hs256_secret: Option<SecretString>,
    /// File with the shared secret, instead.
    #[arg(long, env = "TOKEN_HS256_SECRET_FILE")]
    pub token_hs256_secret_file: Option<String>,
    /// How long an access token is valid.
    #[arg(long, env = "ACCESS_TOKEN_LIFETIME", default_value = "15m", value_parser = duration)]
    pub access_token_lifetime: Duration,
}

/// A token setting is wrong. The sentence names it and never shows a secret.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A verifier has nothing to verify with, or two things.
    #[error("exactly one of JWKS_URL and TOKEN_HS256_SECRET must be set")]
    OneOfUrlAndSecret,
    /// An issuer has nothing to sign with, or two things.
    #[error("exactly one of TOKEN_SIGNING_KEY_FILE and TOKEN_HS256_SECRET must be set")]
    OneOfKeyAndSecret,
    /// The address of the key set is wrong.
    #[error("JWKS_URL {0}")]
    Url(InvalidKeySetUrl),
    /// The shared secret could be guessed.
    #[error("TOKEN_HS256_SECRET {0}")]
    Secret(WeakSecret),
    /// A secret or a key file cannot be had.
    #[error(transparent)]
    Unavailable(#[from] SecretError),
    /// A key file holds no usable key.
    #[error("{setting}: the file {error}")]
    Key {
        /// Which setting.
        setting: &'static str,
        /// What is wrong with the file.
        error: KeyError,
    },
    /// Tokens would be expired when they are made.
    #[error("ACCESS_TOKEN_LIFETIME must be at least a second")]
    Lifetime,
}

impl TokenSettings {
    /// Makes the verifier that these settings describe.
    pub fn verifier(&self) -> Result<Verifier, SettingsError> {
        let (issuer, audience) = (&self.names.token_issuer, &self.names.token_audience);
        match (
            set(self.jwks_url.as_deref()),
            hs256_secret(
                self.token_hs256_secret.as_ref(),
                self.token_hs256_secret_file.as_deref(),
            )?,
        ) {
            (Some(url), None) => {
                Verifier::from_jwks_url(url, issuer, audience).map_err(SettingsError::Url)
            }
            (None, Some(secret)) => {
                Verifier::from_hs256(&secret, issuer, audience).map_err(SettingsError::Secret)
            }
            _ => Err(SettingsError::OneOfUrlAndSecret),
        }
    }
}

impl SigningSettings {
    /// Makes the issuer that these settings describe; reads the key files.
    pub fn issuer(&self) -> Result<Issuer, SettingsError> {
        let settings = IssuerSettings {
            issuer: self.names.token_issuer.clone(),
            audience: self.names.token_audience.clone(),
            lifetime: self.access_token_lifetime,
        };
        if settings.lifetime < Duration::from_secs(1) {
            return Err(SettingsError::Lifetime);
        }
        match (
            set(self.token_signing_key_file.as_deref()),
            hs256_secret(
                self.token_hs256_secret.as_ref(),
                self.token_hs256_secret_file.as_deref(),
            )?,
        ) {
            (Some(path), None) => self.ed25519_issuer(path.as_ref(), settings),
            (None, Some(secret)) => {
                Issuer::from_hs256(&secret, settings).map_err(SettingsError::Secret)
            }
            _ => Err(SettingsError::OneOfKeyAndSecret),
        }
    }

    fn ed25519_issuer(
        &self,
        path: &Path,
        settings: IssuerSettings,
    ) -> Result<Issuer, SettingsError> {
        const CURRENT: &str = "TOKEN_SIGNING_KEY_FILE";
        const OTHERS: &str = "TOKEN_OTHER_KEY_FILES";
        let issuer =
            Issuer::from_ed25519_pem(secret::from_file(CURRENT, path)?.expose_secret(), settings)
                .map_err(|error| SettingsError::Key {
                setting: CURRENT,
                error,
            })?;
        let others = self
            .token_other_key_files
            .iter()
            .filter(|path| !path.is_empty())
            .map(|path| secret::from_file(OTHERS, path.as_ref()))
            .collect::<Result<Vec<_>, _>>()?;
        issuer
            .with_other_keys(others.iter().map(ExposeSecret::expose_secret))
            .map_err(|error| SettingsError::Key {
                setting: OTHERS,
                error,
            })
    }
}

/// Compose and Kubernetes set an empty variable where they mean none.
fn set(value: Option<&str>) -> Option<&str> {
    value.filter(|value| !value.is_empty())
}

fn hs256_secret(
    variable: Option<&SecretString>,
    file: Option<&str>,
) -> Result<Option<SecretString>, SecretError> {
    secret::from_variable_or_file("TOKEN_HS256_SECRET", variable, file)
}
