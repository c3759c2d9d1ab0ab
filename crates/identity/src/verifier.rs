//! Judges access tokens.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use quick_cache::sync::Cache;
use runtime::health::Part;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use crate::claims::TOKEN_TYPE;
use crate::fetched::{FetchedKeys, InvalidKeySetUrl, Lookup};
use crate::{AccessClaims, Caller, Issuer};

/// How many verified tokens are remembered; beyond it the least useful are forgotten.
const REMEMBERED: usize = 8192;
/// A tenth of this would do for our own tokens.
const LONGEST_TOKEN: usize = 4096;
const SHORTEST_SECRET_BYTES: usize = 32;
const FEWEST_DIFFERENT_BYTES: usize = 8;
/// What stands in examples, in lower case and without what is between the words. It hardly ever
/// turns up in what was made at random.
const PLACEHOLDERS: [&str; 7] = [
    "changeme",
    "changethis",
    "replaceme",
    "example",
    "placeholder",
    "password",
    "secret",
];

/// Judges access tokens: one kind of key, one algorithm, no leeway. Cheap to clone.
#[derive(Clone)]
pub struct Verifier {
    inner: Arc<Inner>,
}

struct Inner {
    validation: Validation,
    source: Source,
    verified: Cache<[u8; 32], Verified>,
    /// How often a key was withdrawn.
    withdrawals: AtomicU64,
}

/// A token that was found to be valid.
#[derive(Clone)]
struct Verified {
    caller: Caller,
    /// The withdrawals before its key was looked up: what was found out with a key that has since
    /// been withdrawn counts no longer, also where it was written down only after the forgetting.
    withdrawals: u64,
}

/// Where keys come from. Each kind has its one algorithm.
#[derive(Clone)]
pub(crate) enum Source {
    Secret(DecodingKey),
    Issuer(Issuer),
    Fetched(Arc<FetchedKeys>),
}

/// Why a token was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// It is not an access token of ours that is valid now.
    #[error("the token is not valid")]
    Invalid,
    /// The public keys have not been fetched yet, so nothing can be said about it.
    #[error("the keys to verify tokens with are not there yet")]
    KeysUnavailable,
}

/// The secret could be guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakSecret {
    /// Shorter than the hash that it keys (RFC 7518, 3.2).
    #[error("is shorter than {SHORTEST_SECRET_BYTES} bytes")]
    Short,
    /// Hardly more than one letter over and over: a placeholder.
    #[error(
        "has fewer than {FEWEST_DIFFERENT_BYTES} different characters, so it was not made at random"
    )]
    Monotonous,
    /// Something shorter, twice or more.
    #[error("is something shorter over and over, so it was not made at random")]
    Repeated,
    /// It was taken from an example.
    #[error("has a word in it that stands in examples, so it was not made at random")]
    Placeholder,
}

impl Verifier {
    /// Takes `EdDSA` tokens signed with a key of the set at `url`. The set is fetched by
    /// [`Verifier::keep_fresh`].
    pub fn from_jwks_url(
        url: &str,
        issuer: &str,
        audience: &str,
    ) -> Result<Self, InvalidKeySetUrl> {
        Ok(Self::new(
            Source::Fetched(Arc::new(FetchedKeys::new(url)?)),
            issuer,
            audience,
        ))
    }

    /// Takes `HS256` tokens signed with this secret.
    pub fn from_hs256(
        secret: &SecretString,
        issuer: &str,
        audience: &str,
    ) -> Result<Self, WeakSecret> {
        check_secret(secret)?;
        Ok(Self::new(Source::secret(secret), issuer, audience))
    }

    /// Takes what `issuer` signs, without a key set fetched over HTTP.
    pub fn local(issuer: &Issuer) -> Self {
        let settings = issuer.settings();
        Self::new(issuer.source(), &settings.issuer, &settings.audience)
    }

    fn new(source: Source, issuer: &str, audience: &str) -> Self {
        let mut validation = Validation::new(source.algorithm());
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        // The library would ask the clock; `read` compares with the time it is given.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self {
            inner: Arc::new(Inner {
                validation,
                source,
                verified: Cache::new(REMEMBERED),
                withdrawals: AtomicU64::new(0),
            }),
        }
    }

    /// Keeps the keys fresh until `stop`, and says through `part` whether there are any. Ends at
    /// once where keys are not fetched.
    pub async fn keep_fresh(self, part: Part, stop: CancellationToken) {
        match &self.inner.source {
            Source::Fetched(keys) => {
                keys.keep_fresh(part, stop, || self.forget()).await;
            }
            Source::Secret(_) | Source::Issuer(_) => part.set(true),
        }
    }

    /// Forgets which tokens were verified, because a key may have been withdrawn.
    pub fn forget(&self) {
        self.inner.withdrawals.fetch_add(1, Ordering::SeqCst);
        self.inner.verified.clear();
    }

    /// Says whose token this is, if it is valid at `now`.
    pub async fn verify(&self, token: &str, now: Timestamp) -> Result<Caller, VerifyError> {
        if token.len() > LONGEST_TOKEN {
            return Err(VerifyError::Invalid);
        }
        let digest = digest(token);
        let withdrawals = self.inner.withdrawals.load(Ordering::SeqCst);
        if let Some(known) = self.inner.verified.get(&digest)
            && known.withdrawals == withdrawals
        {
            return if now < known.caller.expires_at {
                Ok(known.caller)
            } else {
                Err(VerifyError::Invalid)
            };
        }
        let caller = self.verify_anew(token, now).await?;
        self.remember(digest, caller.clone(), withdrawals);
        Ok(caller)
    }

    fn remember(&self, digest: [u8; 32], caller: Caller, withdrawals: u64) {
        let verified = Verified {
            caller,
            withdrawals,
        };
        self.inner.verified.insert(digest, verified);
    }

    async fn verify_anew(&self, token: &str, now: Timestamp) -> Result<Caller, VerifyError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| VerifyError::Invalid)?;
        if !is_plain(&header, self.inner.source.algorithm()) {
            return Err(VerifyError::Invalid);
        }
        let key = self.key(header.kid.as_deref()).await?;
        let data = jsonwebtoken::decode::<AccessClaims>(token, &key, &self.inner.validation)
            .map_err(|_| VerifyError::Invalid)?;
        read(data.claims, now)
    }

    async fn key(&self, kid: Option<&str>) -> Result<DecodingKey, VerifyError> {
        if let Source::Secret(key) = &self.inner.source {
            return Ok(key.clone());
        }
        let kid = kid.ok_or(VerifyError::Invalid)?;
        match &self.inner.source {
            Source::Fetched(keys) => match keys.find(kid, || self.forget()).await {
                Lookup::Found(key) => Ok(key),
                Lookup::Unknown => Err(VerifyError::Invalid),
                Lookup::NoKeysYet => Err(VerifyError::KeysUnavailable),
            },
            Source::Issuer(issuer) => issuer.public_key(kid).ok_or(VerifyError::Invalid),
            Source::Secret(key) => Ok(key.clone()),
        }
    }
}

impl Source {
    pub(crate) fn secret(secret: &SecretString) -> Self {
        Self::Secret(DecodingKey::from_secret(secret.expose_secret().as_bytes()))
    }

    fn algorithm(&self) -> Algorithm {
        match self {
            Self::Secret(_) => Algorithm::HS256,
            Self::Issuer(_) | Self::Fetched(_) => Algorithm::EdDSA,
        }
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Whether the header is one that our issuer writes: this algorithm, an access token, a key id,
/// and nothing that offers a key or a place to get one (`jwk`, `jku`, `x5u`, …) or makes demands
/// (`crit`).
fn is_plain(header: &Header, algorithm: Algorithm) -> bool {
    let plain = Header {
        typ: header.typ.clone(),
        kid: header.kid.clone(),
        ..Header::new(algorithm)
    };
    let is_access_token = header
        .typ
        .as_deref()
        .is_some_and(|typ| typ.eq_ignore_ascii_case(TOKEN_TYPE));
    is_access_token && *header == plain
}

fn read(claims: AccessClaims, now: Timestamp) -> Result<Caller, VerifyError> {
    let expires_at = Timestamp::from_second(claims.exp).map_err(|_| VerifyError::Invalid)?;
    let too_young = claims.nbf.is_some_and(|nbf| now.as_second() < nbf);
    if too_young || now >= expires_at {
        return Err(VerifyError::Invalid);
    }
    Ok(Caller {
        email: claims.email,
        role: claims.role,
        expires_at,
    })
}

pub(crate) fn check_secret(secret: &SecretString) -> Result<(), WeakSecret> {
    let bytes = secret.expose_secret().as_bytes();
    if bytes.len() < SHORTEST_SECRET_BYTES {
        return Err(WeakSecret::Short);
    }
    let different: BTreeSet<&u8> = bytes.iter().collect();
    if different.len() < FEWEST_DIFFERENT_BYTES {
        return Err(WeakSecret::Monotonous);
    }
    let is_repeated = |length: usize| bytes[length..] == bytes[..bytes.len() - length];
    if (1..=bytes.len() / 2).any(is_repeated) {
        return Err(WeakSecret::Repeated);
    }
    let letters: String = secret
        .expose_secret()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    if PLACEHOLDERS.iter().any(|word| letters.contains(word)) {
        return Err(WeakSecret::Placeholder);
    }
    Ok(())
}

#[cfg(test)]
#[path = "verifier_tests.rs"]
mod tests;
