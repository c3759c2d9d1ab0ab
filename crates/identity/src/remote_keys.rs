//! The key set of the authentication service, fetched over HTTP and refreshed.

use std::time::Duration;

use arc_swap::ArcSwapOption;
use http::{Request, Uri, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jsonwebtoken::DecodingKey;
use runtime::health::Part;
use tls::{HttpsConnector, TlsError, TlsSettings};
use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::jwks::{InvalidKeySet, KeySet};

/// The delay between attempts until the first one succeeds.
const RETRY_DELAY: Duration = Duration::from_millis(100);
const REFRESH_INTERVAL: Duration = Duration::from_mins(1);
/// Tokens with random key ids must not cause a flood of requests.
const MIN_REFRESH_INTERVAL: Duration = Duration::from_secs(1);
const FETCH_TIMEOUT: Duration = Duration::from_secs(2);
const MAX_DOCUMENT_BYTES: usize = 64 * 1024;

type Body = Empty<axum::body::Bytes>;

/// The cached public keys of a URL. A failed fetch leaves them unchanged.
pub(crate) struct RemoteKeys {
    url: Uri,
    client: Client<HttpsConnector<HttpConnector>, Body>,
    /// `None` until the first fetch succeeds.
    keys: ArcSwapOption<KeySet>,
    /// The start of the last fetch. The lock is held during a fetch, so that there is one at a time.
    last_fetch: Mutex<Option<Instant>>,
}

/// Why keys cannot be fetched from a URL.
#[derive(Debug, thiserror::Error)]
pub enum KeySetUrlError {
    /// The text is not the URL of a key set.
    #[error("expected a URL such as http://127.0.0.1:8001/.well-known/jwks.json")]
    Invalid,
    /// The authorities cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// The result of a search for a key.
pub(crate) enum Lookup {
    Found(DecodingKey),
    Unknown,
    NotFetched,
}

#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("no response within {FETCH_TIMEOUT:?}")]
    TimedOut,
    #[error("the request failed")]
    Request(#[from] hyper_util::client::legacy::Error),
    #[error("the response has the status {0}")]
    Status(http::StatusCode),
    #[error("cannot read the response")]
    Body(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the response is not a usable key set")]
    Document(#[from] InvalidKeySet),
}

impl RemoteKeys {
    pub(crate) fn new(url: &str, tls: &TlsSettings) -> Result<Self, KeySetUrlError> {
        let url: Uri = url.parse().map_err(|_| KeySetUrlError::Invalid)?;
        if !matches!(url.scheme_str(), Some("http" | "https")) || url.host().is_none() {
            return Err(KeySetUrlError::Invalid);
        }
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .build(tls.connector(http)?);
        Ok(Self {
            url,
            client,
            keys: ArcSwapOption::empty(),
            last_fetch: Mutex::new(None),
        })
    }

    /// Finds the key with the id `kid`. If it is unknown, fetches the set again and waits for a fetch
    /// that began after this call, so that a new key works immediately. If there is no set yet, waits for
    /// the first fetch. Calls `on_removal` if the new set lacks a key of the old one.
    pub(crate) async fn find(&self, kid: &str, on_removal: impl Fn()) -> Lookup {
        let called_at = Instant::now();
        let cached = self.cached(kid);
        if matches!(cached, Lookup::Found(_)) {
            return cached;
        }
        let mut last_fetch = self.last_fetch.lock().await;
        let is_due = match cached {
            // `keep_fresh` retries; requests during an outage must not wait for it again and again.
            Lookup::NotFetched => last_fetch.is_none(),
            _ => last_fetch.is_none_or(|began_at| began_at < called_at),
        };
        if is_due {
            if let Some(began_at) = *last_fetch {
                tokio::time::sleep_until(began_at + MIN_REFRESH_INTERVAL).await;
            }
            *last_fetch = Some(Instant::now());
            self.refresh(&on_removal).await;
        }
        self.cached(kid)
    }

    /// Fetches the set until it succeeds and then every minute, until `stop`.
    pub(crate) async fn keep_fresh(
        &self,
        part: Part,
        stop: CancellationToken,
        on_removal: impl Fn(),
    ) {
        loop {
            let mut last_fetch = self.last_fetch.lock().await;
            *last_fetch = Some(Instant::now());
            self.refresh(&on_removal).await;
            drop(last_fetch);
            let has_keys = self.keys.load().is_some();
            part.set(has_keys);
            let delay = if has_keys {
                REFRESH_INTERVAL
            } else {
                RETRY_DELAY
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(delay) => {}
            }
        }
    }

    fn cached(&self, kid: &str) -> Lookup {
        match self.keys.load().as_deref() {
            None => Lookup::NotFetched,
            Some(keys) => keys.get(kid).map_or(Lookup::Unknown, Lookup::Found),
        }
    }

    async fn refresh(&self, on_removal: &impl Fn()) {
        match self.fetch().await {
            Ok(keys) => {
                let old = self.keys.swap(Some(keys.clone().into()));
                if old.is_some_and(|old| !old.is_subset_of(&keys)) {
                    tracing::info!("a token key was removed from the key set");
                    on_removal();
                }
            }
            Err(error) => {
                let reason = runtime::lifecycle::error_chain(&error);
                tracing::warn!(url = %self.url, reason, "cannot fetch the token keys; retrying");
            }
        }
    }

    async fn fetch(&self) -> Result<KeySet, FetchError> {
        tokio::time::timeout(FETCH_TIMEOUT, self.fetch_without_timeout())
            .await
            .map_err(|_| FetchError::TimedOut)?
    }

    async fn fetch_without_timeout(&self) -> Result<KeySet, FetchError> {
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
        let body = Limited::new(response.into_body(), MAX_DOCUMENT_BYTES)
            .collect()
            .await
            .map_err(FetchError::Body)?;
        Ok(KeySet::from_json(&body.to_bytes())?)
    }
}

#[cfg(test)]
mod tests;
