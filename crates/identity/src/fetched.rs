//! The key set, fetched from authentication and kept fresh.

use std::time::Duration;

use arc_swap::ArcSwapOption;
use http::{Request, Uri, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jsonwebtoken::DecodingKey;
use runtime::health::Part;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::jwks::KeySet;

const FIRST_FETCH_RETRY: Duration = Duration::from_millis(100);
const REFRESH_EVERY: Duration = Duration::from_mins(1);
/// Made-up key ids must not turn into a flood of requests.
const SHORTEST_REFRESH: Duration = Duration::from_secs(1);
const FETCH_TIMEOUT: Duration = Duration::from_secs(2);
const LARGEST_DOCUMENT: usize = 64 * 1024;

type Body = Empty<axum::body::Bytes>;

/// Public keys that are fetched by HTTP. Until the first success there are none; after it, a
/// fetch that fails leaves the keys as they were.
pub(crate) struct FetchedKeys {
    url: Uri,
    client: Client<HttpConnector, Body>,
    keys: ArcSwapOption<KeySet>,
    /// When the latest fetch began. Whoever holds it is fetching.
    fetch: Mutex<Option<Instant>>,
}

/// The text is not the address of a key set.
#[derive(Debug, thiserror::Error)]
#[error("is not an address such as http://127.0.0.1:8001/.well-known/jwks.json")]
pub struct InvalidKeySetUrl;

/// What became of a look for a key.
pub(crate) enum Lookup {
    Found(DecodingKey),
    Unknown,
    NoKeysYet,
}

#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("no answer within {FETCH_TIMEOUT:?}")]
    TimedOut,
    #[error("no connection")]
    Connect(#[from] hyper_util::client::legacy::Error),
    #[error("answered {0}")]
    Status(http::StatusCode),
    #[error("the answer could not be read")]
    Body(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the answer {0}")]
    Document(#[from] crate::jwks::InvalidKeySet),
}

impl FetchedKeys {
    pub(crate) fn new(url: &str) -> Result<Self, InvalidKeySetUrl> {
        let url: Uri = url.parse().map_err(|_| InvalidKeySetUrl)?;
        if url.scheme_str() != Some("http") || url.host().is_none() {
            return Err(InvalidKeySetUrl);
        }
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .build_http();
        Ok(Self {
            url,
            client,
            keys: ArcSwapOption::empty(),
            fetch: Mutex::new(None),
        })
    }

    /// Looks for a key; an unknown one is looked for again in a set fetched after this call
    /// began, so that a key that has just been rotated in works at once. `on_removal` is told
    /// when a key is gone.
    pub(crate) async fn find(&self, kid: &str, on_removal: impl Fn()) -> Lookup {
        let began = Instant::now();
        match self.look(kid) {
            Lookup::Unknown => {}
            settled => return settled,
        }
        let mut fetch = self.fetch.lock().await;
        if fetch.is_none_or(|latest| latest < began) {
            if let Some(latest) = *fetch {
                tokio::time::sleep_until(latest + SHORTEST_REFRESH).await;
            }
            *fetch = Some(Instant::now());
            self.refresh(&on_removal).await;
        }
        self.look(kid)
    }

    /// Fetches until it succeeds, then every minute, until `stop`.
    pub(crate) async fn keep_fresh(
        &self,
        part: Part,
        stop: CancellationToken,
        on_removal: impl Fn(),
    ) {
        loop {
            let mut fetch = self.fetch.lock().await;
            *fetch = Some(Instant::now());
            self.refresh(&on_removal).await;
            drop(fetch);
            let has_keys = self.keys.load().is_some();
            part.set(has_keys);
            let pause = if has_keys {
                REFRESH_EVERY
            } else {
                FIRST_FETCH_RETRY
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    fn look(&self, kid: &str) -> Lookup {
        match self.keys.load().as_deref() {
            None => Lookup::NoKeysYet,
            Some(keys) => keys.get(kid).map_or(Lookup::Unknown, Lookup::Found),
        }
    }

    async fn refresh(&self, on_removal: &impl Fn()) {
        match self.fetch().await {
            Ok(keys) => {
                let before = self.keys.swap(Some(keys.clone().into()));
                if before.is_some_and(|before| !before.is_within(&keys)) {
                    tracing::info!("a token key was withdrawn");
                    on_removal();
                }
            }
            Err(error) => {
                let reason = runtime::lifecycle::error_chain(&error);
                tracing::warn!(url = %self.url, reason, "could not fetch the token keys");
            }
        }
    }

    async fn fetch(&self) -> Result<KeySet, FetchError> {
        tokio::time::timeout(FETCH_TIMEOUT, self.fetch_patiently())
            .await
            .map_err(|_| FetchError::TimedOut)?
    }

    async fn fetch_patiently(&self) -> Result<KeySet, FetchError> {
        let mut request = Request::new(Body::new());
        *request.uri_mut() = self.url.clone();
        request.headers_mut().insert(
            header::ACCEPT,
            http::HeaderValue::from_static("application/json"),
        );
        let response = self.client.request(request).await?;
        if !response.status().is_success() {
            return Err(FetchError::Status(response.status()));
        }
        let body = Limited::new(response.into_body(), LARGEST_DOCUMENT)
            .collect()
            .await
            .map_err(FetchError::Body)?;
        Ok(KeySet::from_json(&body.to_bytes())?)
    }
}

#[cfg(test)]
#[path = "fetched_tests.rs"]
mod tests;
