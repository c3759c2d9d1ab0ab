//! Verifying access tokens.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use quick_cache::sync::Cache;
use runtime::health::{self, Health, Part};
use runtime::lifecycle::Background;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use tls::TlsSettings;
use tokio_util::sync::CancellationToken;

use crate::caller::Caller;
use crate::claims::{AccessClaims, TOKEN_TYPE};
use crate::issuer::Issuer;
use crate::remote_keys::{KeySetUrlError, Lookup, RemoteKeys};
use crate::shared_secret::{WeakSecret, check_strength};

/// The maximum number of cached tokens.
const CACHE_CAPACITY: usize = 8192;
/// Ten times the size of the tokens that this crate issues.
const MAX_TOKEN_BYTES: usize = 4096;

/// Verifies access tokens with one source of keys and one algorithm, without leeway for clock skew.
/// Cheap to clone; clones share the cache.
#[derive(Clone)]
pub struct Verifier {
    inner: Arc<Inner>,
}

struct Inner {
    validation: Validation,
    keys: KeySource,
    cache: Cache<[u8; 32], CachedCaller>,
    /// The number of times that the cache was cleared.
    generation: AtomicU64,
}

/// The caller of a verified token.
#[derive(Clone)]
struct CachedCaller {
    caller: Caller,
    /// The generation of the cache before the key was looked up. If the key was removed during the
    /// verification, the entry is older than the cache and does not count.
    generation: u64,
}

/// The source of keys, which determines the algorithm.
#[derive(Clone)]
enum KeySource {
    Secret(DecodingKey),
    Issuer(Issuer),
    Remote(Arc<RemoteKeys>),
}

/// Why a token was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// It is not a valid access token of the shop.
    #[error("the token is not valid")]
    Invalid,
    /// It cannot be verified, because the public keys have not been fetched yet.
    #[error("the token keys have not been fetched yet")]
    KeysUnavailable,
}

impl Verifier {
    /// Creates a verifier of `EdDSA` tokens with the key set at `url`, which
    /// [`Verifier::keep_fresh`] fetches. `tls` has the authorities for an `https://` URL.
    pub fn from_jwks_url(
        url: &str,
        tls: &TlsSettings,
        issuer: &str,
        audience: &str,
    ) -> Result<Self, KeySetUrlError> {
        let keys = KeySource::Remote(Arc::new(RemoteKeys::new(url, tls)?));
        Ok(Self::new(keys, issuer, audience))
    }

    /// Creates a verifier of `HS256` tokens with a shared secret.
    pub fn from_hs256(
        secret: &SecretString,
        issuer: &str,
        audience: &str,
    ) -> Result<Self, WeakSecret> {
        check_strength(secret)?;
        Ok(Self::new(KeySource::secret(secret), issuer, audience))
    }

    /// Creates a verifier of the tokens of `issuer`, in the same process.
    pub fn local(issuer: &Issuer) -> Self {
        let settings = issuer.settings();
        let keys = issuer
            .shared_secret()
            .as_ref()
            .map_or_else(|| KeySource::Issuer(issuer.clone()), KeySource::secret);
        Self::new(keys, &settings.issuer, &settings.audience)
    }

    fn new(keys: KeySource, issuer: &str, audience: &str) -> Self {
        let mut validation = Validation::new(keys.algorithm());
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        // The library would read the wall clock; `check_times` uses the time of the caller.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self {
            inner: Arc::new(Inner {
                validation,
                keys,
                cache: Cache::new(CACHE_CAPACITY),
                generation: AtomicU64::new(0),
            }),
        }
    }

    /// Refreshes fetched keys in the background; the service is ready when there are any.
    pub fn keep_fresh(&self, health: &Health, background: &Background) {
        let (verifier, part) = (self.clone(), health.part(health::TOKEN_KEYS));
        background.keep_running("token-keys", move |stop| {
            verifier.clone().refresh(part.clone(), stop)
        });
    }

    async fn refresh(self, part: Part, stop: CancellationToken) {
        match &self.inner.keys {
            KeySource::Remote(keys) => keys.keep_fresh(part, stop, || self.clear_cache()).await,
            KeySource::Secret(_) | KeySource::Issuer(_) => {
                part.set(true);
                stop.cancelled().await;
            }
        }
    }

    /// Clears the cache of verified tokens, for use after the removal of a key.
    pub fn clear_cache(&self) {
        self.inner.generation.fetch_add(1, Ordering::SeqCst);
        self.inner.cache.clear();
    }

    /// Returns the caller of a token that is valid at `now`.
    pub async fn verify(&self, token: &str, now: Timestamp) -> Result<Caller, VerifyError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(VerifyError::Invalid);
        }
        let digest = digest(token);
        let generation = self.inner.generation.load(Ordering::SeqCst);
        if let Some(cached) = self.inner.cache.get(&digest)
            && cached.generation == generation
        {
            return if now < cached.caller.expires_at {
                Ok(cached.caller)
            } else {
                Err(VerifyError::Invalid)
            };
        }
        let caller = self.verify_uncached(token, now).await?;
        self.cache(digest, caller.clone(), generation);
        Ok(caller)
    }

    fn cache(&self, digest: [u8; 32], caller: Caller, generation: u64) {
        let cached = CachedCaller { caller, generation };
        self.inner.cache.insert(digest, cached);
    }

    async fn verify_uncached(&self, token: &str, now: Timestamp) -> Result<Caller, VerifyError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| VerifyError::Invalid)?;
        if !is_expected_header(&header, self.inner.keys.algorithm()) {
            return Err(VerifyError::Invalid);
        }
        let key = self.key(header.kid.as_deref()).await?;
        let data = jsonwebtoken::decode::<AccessClaims>(token, &key, &self.inner.validation)
            .map_err(|_| VerifyError::Invalid)?;
        check_times(data.claims, now)
    }

    async fn key(&self, kid: Option<&str>) -> Result<DecodingKey, VerifyError> {
        let kid = kid.ok_or(VerifyError::Invalid);
        match &self.inner.keys {
            KeySource::Secret(key) => Ok(key.clone()),
            KeySource::Issuer(issuer) => issuer.public_key(kid?).ok_or(VerifyError::Invalid),
            KeySource::Remote(keys) => match keys.find(kid?, || self.clear_cache()).await {
                Lookup::Found(key) => Ok(key),
                Lookup::Unknown => Err(VerifyError::Invalid),
                Lookup::NotFetched => Err(VerifyError::KeysUnavailable),
            },
        }
    }
}

impl KeySource {
    fn secret(secret: &SecretString) -> Self {
        Self::Secret(DecodingKey::from_secret(secret.expose_secret().as_bytes()))
    }

    fn algorithm(&self) -> Algorithm {
        match self {
            Self::Secret(_) => Algorithm::HS256,
            Self::Issuer(_) | Self::Remote(_) => Algorithm::EdDSA,
        }
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Whether the issuer could have written this header: the algorithm, the type of an access token and
/// a key id, but no key, no URL of a key (`jwk`, `jku`, `x5u`, …) and no extension (`crit`).
fn is_expected_header(header: &Header, algorithm: Algorithm) -> bool {
    let expected = Header {
        typ: header.typ.clone(),
        kid: header.kid.clone(),
        ..Header::new(algorithm)
    };
    let is_access_token = header
        .typ
        .as_deref()
        .is_some_and(|typ| typ.eq_ignore_ascii_case(TOKEN_TYPE));
    is_access_token && *header == expected
}

fn check_times(claims: AccessClaims, now: Timestamp) -> Result<Caller, VerifyError> {
    let expires_at = Timestamp::from_second(claims.exp).map_err(|_| VerifyError::Invalid)?;
    let is_early = claims.nbf.is_some_and(|nbf| now.as_second() < nbf);
    if is_early || now >= expires_at {
        return Err(VerifyError::Invalid);
    }
    Ok(Caller {
        email: claims.email,
        role: claims.role,
        expires_at,
    })
}

#[cfg(test)]
mod tests;
