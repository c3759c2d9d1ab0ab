//! Signing access tokens.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use domain::{Email, Role};
use ed25519_dalek::pkcs8::{self, DecodePrivateKey, DecodePublicKey};
use ed25519_dalek::{SigningKey, VerifyingKey};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use secrecy::{ExposeSecret, SecretString};

use crate::claims::{AccessClaims, TOKEN_TYPE};
use crate::jwks::{KeySet, thumbprint};
use crate::shared_secret::{WeakSecret, check_strength};

/// The tolerated clock skew: a token must not be refused because the clock of the verifier is late.
const CLOCK_SKEW_SECONDS: i64 = 5;

/// The settings of an issuer.
#[derive(Clone, Debug)]
pub struct IssuerSettings {
    /// The `iss` claim.
    pub issuer: String,
    /// The `aud` claim.
    pub audience: String,
    /// The lifetime of a token, in whole seconds.
    pub lifetime: Duration,
}

/// Signs access tokens and publishes the public keys that verify them. Clones share the keys.
#[derive(Clone)]
pub struct Issuer {
    settings: IssuerSettings,
    keys: Arc<ArcSwap<Keys>>,
}

#[derive(Clone)]
struct Keys {
    header: Header,
    signing: EncodingKey,
    verifying: VerifyingKeys,
}

/// The keys that verify the tokens of an issuer.
#[derive(Clone)]
enum VerifyingKeys {
    Public(KeySet),
    Secret(SecretString),
}

/// Why a text is not a usable key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It is no Ed25519 key of the expected kind.
    #[error("expected an Ed25519 key in PEM (a private key as PKCS#8, a public key as SPKI)")]
    Pem(#[from] pkcs8::Error),
    /// It cannot sign a token.
    #[error("the key cannot sign tokens")]
    Signing(#[from] jsonwebtoken::errors::Error),
}

impl Issuer {
    /// Creates an issuer with an Ed25519 private key (PKCS#8 in PEM), whose id is its RFC 7638
    /// thumbprint.
    pub fn from_ed25519_pem(private_key: &str, settings: IssuerSettings) -> Result<Self, KeyError> {
        let public = SigningKey::from_pkcs8_pem(private_key)?.verifying_key();
        let signing = EncodingKey::from_ed_pem(private_key.as_bytes())?;
        let header = Header {
            typ: Some(TOKEN_TYPE.to_owned()),
            kid: Some(thumbprint(&public)),
            ..Header::new(Algorithm::EdDSA)
        };
        // `issue` relies on this: a key that has signed once always can.
        jsonwebtoken::encode(&header, &(), &signing)?;
        let mut key_set = KeySet::default();
        key_set.add(public);
        let keys = Keys {
            header,
            signing,
            verifying: VerifyingKeys::Public(key_set),
        };
        Ok(Self::new(settings, keys))
    }

    /// Creates an issuer with a shared secret.
    pub fn from_hs256(secret: &SecretString, settings: IssuerSettings) -> Result<Self, WeakSecret> {
        check_strength(secret)?;
        let header = Header {
            typ: Some(TOKEN_TYPE.to_owned()),
            ..Header::new(Algorithm::HS256)
        };
        let keys = Keys {
            header,
            signing: EncodingKey::from_secret(secret.expose_secret().as_bytes()),
            verifying: VerifyingKeys::Secret(secret.clone()),
        };
        Ok(Self::new(settings, keys))
    }

    fn new(settings: IssuerSettings, keys: Keys) -> Self {
        let keys = Arc::new(ArcSwap::from_pointee(keys));
        Self { settings, keys }
    }

    /// Returns an issuer that also publishes and accepts the keys that other replicas sign with during a rotation: the
    /// previous one or the next. Each is a private or a public key in PEM.
    pub fn with_other_keys<'a>(
        self,
        pems: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, KeyError> {
        let mut keys = Keys::clone(&self.keys.load());
        if let VerifyingKeys::Public(key_set) = &mut keys.verifying {
            for pem in pems {
                key_set.add(public_key(pem)?);
            }
        }
        Ok(Self::new(self.settings, keys))
    }

    /// Replaces the keys of this issuer and all its clones by the keys of `other`. Returns whether
    /// they differ.
    pub fn replace_keys(&self, other: &Self) -> bool {
        let (old, new) = (self.keys.load(), other.keys.load_full());
        let differ = old.header.kid != new.header.kid || self.jwks() != other.jwks();
        if differ {
            self.keys.store(new);
        }
        differ
    }

    /// Issues an access token that is valid from `now` for the lifetime.
    ///
    /// # Panics
    /// Never: the key has signed before, and claims of strings and integers always serialise.
    pub fn issue(&self, email: &Email, role: Role, now: Timestamp) -> String {
        let settings = &self.settings;
        let iat = now.as_second();
        let lifetime = i64::try_from(settings.lifetime.as_secs()).unwrap_or(i64::MAX);
        let claims = AccessClaims {
            email: email.clone(),
            role,
            exp: iat.saturating_add(lifetime),
            iat,
            nbf: Some(iat - CLOCK_SKEW_SECONDS),
            jti: uuid::Uuid::new_v4().simple().to_string(),
            iss: settings.issuer.clone(),
            aud: settings.audience.clone(),
        };
        let keys = self.keys.load();
        jsonwebtoken::encode(&keys.header, &claims, &keys.signing)
            .expect("the key signed a token before")
    }

    /// Returns the key set (RFC 7517), which is empty with a shared secret.
    pub fn jwks(&self) -> serde_json::Value {
        match &self.keys.load().verifying {
            VerifyingKeys::Public(key_set) => key_set.to_json(),
            VerifyingKeys::Secret(_) => KeySet::default().to_json(),
        }
    }

    pub(crate) fn settings(&self) -> &IssuerSettings {
        &self.settings
    }

    /// Returns the secret if tokens are signed with `HS256`.
    pub(crate) fn shared_secret(&self) -> Option<SecretString> {
        match &self.keys.load().verifying {
            VerifyingKeys::Public(_) => None,
            VerifyingKeys::Secret(secret) => Some(secret.clone()),
        }
    }

    /// Returns the public key with the id `kid`.
    pub(crate) fn public_key(&self, kid: &str) -> Option<DecodingKey> {
        match &self.keys.load().verifying {
            VerifyingKeys::Public(key_set) => key_set.get(kid),
            VerifyingKeys::Secret(_) => None,
        }
    }
}

fn public_key(pem: &str) -> Result<VerifyingKey, KeyError> {
    match SigningKey::from_pkcs8_pem(pem) {
        Ok(private) => Ok(private.verifying_key()),
        Err(_) => Ok(VerifyingKey::from_public_key_pem(pem).map_err(pkcs8::Error::from)?),
    }
}
