//! The environment variables of access tokens.

use std::path::Path;
use std::time::Duration;

use clap::Args;
use runtime::secret::{self, SecretError};
use runtime::settings::duration;
use secrecy::{ExposeSecret, SecretString};
use tls::TlsSettings;

use crate::issuer::{Issuer, IssuerSettings, KeyError};
use crate::remote_keys::KeySetUrlError;
use crate::shared_secret::WeakSecret;
use crate::verifier::Verifier;

/// The issuer and the audience of access tokens; the same in all services of a shop.
#[derive(Args, Clone, Debug)]
pub struct IssuerAndAudience {
    /// Issuer of the access tokens (`iss` claim).
    #[arg(long, env = "TOKEN_ISSUER", default_value = "fleetmarket")]
    pub token_issuer: String,
    /// Audience of the access tokens (`aud` claim).
    #[arg(long, env = "TOKEN_AUDIENCE", default_value = "fleetmarket")]
    pub token_audience: String,
}

/// A secret with which every service could sign tokens.
#[derive(Args, Clone, Debug)]
pub struct SharedSecret {
    /// Shared secret of at least 32 bytes, instead of a key pair.
    #[arg(long, env = "TOKEN_HS256_SECRET", hide_env_values = true)]
    pub token_hs256_secret: Option<SecretString>,
    /// File with the shared secret, instead of `TOKEN_HS256_SECRET`.
    #[arg(long, env = "TOKEN_HS256_SECRET_FILE")]
    pub token_hs256_secret_file: Option<String>,
}

/// The settings of a verifier: a key set or a shared secret.
#[derive(Args, Clone, Debug)]
pub struct TokenSettings {
    /// Issuer and audience.
    #[command(flatten)]
    pub issuer_and_audience: IssuerAndAudience,
    /// URL of the public keys of the authentication service, such as
    /// `http://authentication:8001/.well-known/jwks.json`. An `https://` URL needs `TLS_CA_FILE`.
    #[arg(long, env = "JWKS_URL")]
    pub jwks_url: Option<String>,
    /// The shared secret.
    #[command(flatten)]
    pub shared_secret: SharedSecret,
}

/// The settings of the issuer: a private key or a shared secret.
#[derive(Args, Clone, Debug)]
pub struct SigningSettings {
    /// Issuer and audience.
    #[command(flatten)]
    pub issuer_and_audience: IssuerAndAudience,
    /// File with the Ed25519 private key (PKCS#8 in PEM) that signs access tokens.
    #[arg(long, env = "TOKEN_SIGNING_KEY_FILE")]
    pub token_signing_key_file: Option<String>,
    /// Files with further keys to publish and accept during a rotation, separated by commas: the previous
    /// key or the next.
    #[arg(long, env = "TOKEN_OTHER_KEY_FILES", value_delimiter = ',')]
    pub token_other_key_files: Vec<String>,
    /// The shared secret.
    #[command(flatten)]
    pub shared_secret: SharedSecret,
    /// Lifetime of an access token.
    #[arg(long, env = "ACCESS_TOKEN_LIFETIME", default_value = "15m", value_parser = duration)]
    pub access_token_lifetime: Duration,
}

/// Why the token settings are invalid. The message names the setting and never shows a secret.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A verifier has no source of keys, or two.
    #[error("set exactly one of JWKS_URL and TOKEN_HS256_SECRET")]
    OneOfUrlAndSecret,
    /// An issuer has no key, or two.
    #[error("set exactly one of TOKEN_SIGNING_KEY_FILE and TOKEN_HS256_SECRET")]
    OneOfKeyAndSecret,
    /// The URL of the key set, or the authorities for it, are invalid.
    #[error("JWKS_URL is invalid")]
    Url(#[from] KeySetUrlError),
    /// The shared secret is too easy to guess.
    #[error("TOKEN_HS256_SECRET is too weak")]
    Secret(#[from] WeakSecret),
    /// A secret or a key file cannot be read.
    #[error(transparent)]
    Unreadable(#[from] SecretError),
    /// A key file contains no usable key.
    #[error("a key file of {setting} is not usable")]
    Key {
        /// The name of the setting.
        setting: &'static str,
        /// The error of the key.
        source: KeyError,
    },
    /// Tokens would be expired when they are issued.
    #[error("ACCESS_TOKEN_LIFETIME must be at least 1s")]
    Lifetime,
}

impl SharedSecret {
    fn read(&self) -> Result<Option<SecretString>, SecretError> {
        secret::from_variable_or_file(
            "TOKEN_HS256_SECRET",
            self.token_hs256_secret.as_ref(),
            self.token_hs256_secret_file.as_deref(),
        )
    }
}

impl TokenSettings {
    /// Creates the verifier.
    pub fn verifier(&self, tls: &TlsSettings) -> Result<Verifier, SettingsError> {
        let claims = &self.issuer_and_audience;
        let (issuer, audience) = (&claims.token_issuer, &claims.token_audience);
        match (
            non_empty(self.jwks_url.as_deref()),
            self.shared_secret.read()?,
        ) {
            (Some(url), None) => Ok(Verifier::from_jwks_url(url, tls, issuer, audience)?),
            (None, Some(secret)) => Ok(Verifier::from_hs256(&secret, issuer, audience)?),
            _ => Err(SettingsError::OneOfUrlAndSecret),
        }
    }
}

impl SigningSettings {
    /// Reads the key files and creates the issuer.
    pub fn issuer(&self) -> Result<Issuer, SettingsError> {
        let settings = IssuerSettings {
            issuer: self.issuer_and_audience.token_issuer.clone(),
            audience: self.issuer_and_audience.token_audience.clone(),
            lifetime: self.access_token_lifetime,
        };
        if settings.lifetime < Duration::from_secs(1) {
            return Err(SettingsError::Lifetime);
        }
        match (
            non_empty(self.token_signing_key_file.as_deref()),
            self.shared_secret.read()?,
        ) {
            (Some(path), None) => self.ed25519_issuer(path.as_ref(), settings),
            (None, Some(secret)) => Ok(Issuer::from_hs256(&secret, settings)?),
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
        let invalid = |setting| move |source| SettingsError::Key { setting, source };
        let current = secret::from_file(CURRENT, path)?;
        let others = self
            .token_other_key_files
            .iter()
            .filter(|path| !path.is_empty())
            .map(|path| secret::from_file(OTHERS, path.as_ref()))
            .collect::<Result<Vec<_>, _>>()?;
        Issuer::from_ed25519_pem(current.expose_secret(), settings)
            .map_err(invalid(CURRENT))?
            .with_other_keys(others.iter().map(ExposeSecret::expose_secret))
            .map_err(invalid(OTHERS))
    }
}

/// Treats an empty variable as unset, because Compose and Kubernetes cannot leave a variable out.
fn non_empty(value: Option<&str>) -> Option<&str> {
    value.filter(|value| !value.is_empty())
}
