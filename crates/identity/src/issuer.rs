//! Signs access tokens.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey};
use ed25519_dalek::{SigningKey, VerifyingKey};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use secrecy::{ExposeSecret, SecretString};

use crate::claims::TOKEN_TYPE;
use crate::jwks::{KeySet, thumbprint};
use crate::verifier::{Source, WeakSecret, check_secret};
use crate::{AccessClaims, Role};
use domain::Email;

/// The clocks of two machines differ a little; a token must not be too young for its reader.
const CLOCK_DIFFERENCE_SECONDS: i64 = 5;

/// What an issuer puts into every token.
#[derive(Clone, Debug)]
pub struct IssuerSettings {
    /// The `iss` claim.
    pub issuer: String,
    /// The `aud` claim.
    pub audience: String,
    /// How long a token is valid, in whole seconds.
    pub lifetime: Duration,
}

/// Signs access tokens, and knows the public keys that prove it. Clones share their keys.
#[derive(Clone)]
pub struct Issuer {
    settings: IssuerSettings,
    keys: Arc<ArcSwap<Keys>>,
}

#[derive(Clone)]
struct Keys {
    header: Header,
    key: EncodingKey,
    proof: Proof,
}

/// What a token of this issuer is verified with.
#[derive(Clone)]
enum Proof {
    PublicKeys(KeySet),
    Secret(SecretString),
}

/// The text is not a key that can be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Neither a private nor a public key of the right kind.
    #[error("is not an Ed25519 key in PEM (a private one in PKCS#8, a public one in SPKI)")]
    NotEd25519,
}

impl Issuer {
    /// Signs with an Ed25519 private key (PKCS#8 in PEM), named by its RFC 7638 thumbprint.
    pub fn from_ed25519_pem(private_key: &str, settings: IssuerSettings) -> Result<Self, KeyError> {
        let signing = SigningKey::from_pkcs8_pem(private_key).map_err(|_| KeyError::NotEd25519)?;
        let key =
            EncodingKey::from_ed_pem(private_key.as_bytes()).map_err(|_| KeyError::NotEd25519)?;
        let public = signing.verifying_key();
        let header = Header {
            typ: Some(TOKEN_TYPE.to_owned()),
            kid: Some(thumbprint(&public)),
            ..Header::new(Algorithm::EdDSA)
        };
        // Signing cannot fail later with a key that has signed once.
        jsonwebtoken::encode(&header, &(), &key).map_err(|_| KeyError::NotEd25519)?;
        let proof = Proof::PublicKeys(KeySet::of([public]));
        Ok(Self::of(settings, Keys { header, key, proof }))
    }

    /// Signs with a shared secret of at least 32 bytes.
    pub fn from_hs256(secret: &SecretString, settings: IssuerSettings) -> Result<Self, WeakSecret> {
        check_secret(secret)?;
        let header = Header {
            typ: Some(TOKEN_TYPE.to_owned()),
            ..Header::new(Algorithm::HS256)
        };
        let key = EncodingKey::from_secret(secret.expose_secret().as_bytes());
        let proof = Proof::Secret(secret.clone());
        Ok(Self::of(settings, Keys { header, key, proof }))
    }

    fn of(settings: IssuerSettings, keys: Keys) -> Self {
        let keys = Arc::new(ArcSwap::from_pointee(keys));
        Self { settings, keys }
    }

    /// Also publishes, and takes, the keys that other replicas sign with: the one before this
    /// one, or the next. Each is a private or a public key in PEM.
    pub fn with_other_keys<'a>(
        self,
        pems: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, KeyError> {
        let mut keys = Keys::clone(&self.keys.load());
        if let Proof::PublicKeys(public) = &mut keys.proof {
            for pem in pems {
                public.add(public_key(pem)?);
            }
        }
        Ok(Self::of(self.settings, keys))
    }

    /// Goes on with the keys of `other`, and so do all clones; false if they are the same.
    pub fn take_keys_of(&self, other: &Self) -> bool {
        let (old, new) = (self.keys.load(), other.keys.load_full());
        let same = old.header.kid == new.header.kid && self.jwks() == other.jwks();
        if !same {
            self.keys.store(new);
        }
        !same
    }

    /// Makes an access token that is valid from `now` for the lifetime.
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
            nbf: Some(iat - CLOCK_DIFFERENCE_SECONDS),
            jti: uuid::Uuid::new_v4().simple().to_string(),
            iss: settings.issuer.clone(),
            aud: settings.audience.clone(),
        };
        let keys = self.keys.load();
        jsonwebtoken::encode(&keys.header, &claims, &keys.key)
            .expect("a key that has signed before signs again")
    }

    /// The set of public keys (RFC 7517); empty with a shared secret.
    pub fn jwks(&self) -> serde_json::Value {
        match &self.keys.load().proof {
            Proof::PublicKeys(keys) => keys.to_json(),
            Proof::Secret(_) => KeySet::default().to_json(),
        }
    }

    pub(crate) fn settings(&self) -> &IssuerSettings {
        &self.settings
    }

    pub(crate) fn source(&self) -> Source {
        match &self.keys.load().proof {
            Proof::PublicKeys(_) => Source::Issuer(self.clone()),
            Proof::Secret(secret) => Source::secret(secret),
        }
    }

    /// The public key of this id.
    pub(crate) fn public_key(&self, kid: &str) -> Option<DecodingKey> {
        match &self.keys.load().proof {
            Proof::PublicKeys(keys) => keys.get(kid),
            Proof::Secret(_) => None,
        }
    }
}

fn public_key(pem: &str) -> Result<VerifyingKey, KeyError> {
    SigningKey::from_pkcs8_pem(pem)
        .map(|key| key.verifying_key())
        .or_else(|_| VerifyingKey::from_public_key_pem(pem))
        .map_err(|_| KeyError::NotEd25519)
}
