//! One fetch for many identical reads.
//!
//! While a fetch is in flight, later readers of the same resource wait for it to end; the next
//! fetch then answers all of them. A reader never gets the response of a fetch that began before
//! its request arrived, so what it sees is as fresh as without sharing. A reader that has waited
//! longer than the timeout fetches alone, so a fetch that hangs delays it only for that time.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, request};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use service_kit::problem::Problem;
use tokio::sync::watch;

use crate::client::{self, UpstreamClient};
use crate::headers;
use crate::upstream::Upstream;

/// A larger body, in bytes, is not shared: copies of it for all waiting readers would fill the
/// memory.
const MAX_SHARED_BODY: usize = 1024 * 1024;

/// The fetches in flight, and the readers that wait for the next fetch.
#[derive(Debug)]
pub(crate) struct SharedReads {
    timeout: Duration,
    fetches: Mutex<HashMap<Key, Option<Batch>>>,
}

/// Everything in a request that its response may depend on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    uri: Uri,
    vary: [Option<HeaderValue>; 3],
}

/// The readers that wait for the next fetch, and its request.
#[derive(Debug)]
struct Batch {
    request: request::Parts,
    response: watch::Sender<Option<BufferedResponse>>,
}

#[derive(Clone, Debug)]
struct BufferedResponse {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// The outcome of joining the reads of a key.
enum JoinOutcome {
    Fetch,
    Wait(watch::Receiver<Option<BufferedResponse>>),
}

/// A fetch in flight. When it ends or is cancelled, the next batch's fetch begins.
struct Fetch {
    reads: Arc<SharedReads>,
    client: UpstreamClient,
    upstream: Arc<Upstream>,
    key: Key,
}

impl SharedReads {
    /// Shares fetches among readers that wait up to `timeout`; zero disables sharing.
    pub(crate) fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            fetches: Mutex::default(),
        }
    }

    /// Whether other readers may get the response to this request, whose body is empty.
    pub(crate) fn can_share(&self, request: &request::Parts) -> bool {
        !self.timeout.is_zero()
            && request.method == Method::GET
            && !request.headers.contains_key(header::AUTHORIZATION)
            && !request.headers.contains_key(header::RANGE)
    }

    /// Answers a read with a shared or a separate fetch.
    pub(crate) async fn read(
        self: &Arc<Self>,
        client: &UpstreamClient,
        upstream: &Arc<Upstream>,
        request: &request::Parts,
    ) -> Result<Response, Problem> {
        let fetch_alone = async || {
            let response = client.call(upstream, request, Bytes::new()).await;
            response.map(client::streamed)
        };
        let Some(key) = Key::of(request) else {
            return fetch_alone().await;
        };
        match self.join(&key, request) {
            JoinOutcome::Fetch => {
                let fetch = Fetch {
                    reads: Arc::clone(self),
                    client: client.clone(),
                    upstream: Arc::clone(upstream),
                    key,
                };
                let response = fetch_alone().await;
                drop(fetch);
                response
            }
            JoinOutcome::Wait(mut response) => {
                let is_shared = response.wait_for(Option::is_some);
                let shared = match tokio::time::timeout(self.timeout, is_shared).await {
                    Ok(Ok(response)) => response.clone(),
                    Ok(Err(_)) | Err(_) => None,
                };
                match shared {
                    Some(response) => Ok(response.into_response()),
                    None => fetch_alone().await,
                }
            }
        }
    }

    fn join(&self, key: &Key, request: &request::Parts) -> JoinOutcome {
        match self.fetches().entry(key.clone()) {
            Entry::Vacant(vacant) => {
                vacant.insert(None);
                JoinOutcome::Fetch
            }
            Entry::Occupied(mut next) => JoinOutcome::Wait(
                next.get_mut()
                    .get_or_insert_with(|| Batch::new(request))
                    .response
                    .subscribe(),
            ),
        }
    }

    /// Ends a fetch: returns the batch that gathered meanwhile, whose fetch begins now.
    fn next_batch(&self, key: &Key) -> Option<Batch> {
        let mut fetches = self.fetches();
        let batch = fetches.get_mut(key).and_then(Option::take);
        // All of its readers may have timed out or disconnected.
        let batch = batch.filter(|batch| batch.response.receiver_count() > 0);
        if batch.is_none() {
            fetches.remove(key);
        }
        batch
    }

    fn fetches(&self) -> MutexGuard<'_, HashMap<Key, Option<Batch>>> {
        self.fetches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fetch {
    async fn response(&self, request: &request::Parts) -> Option<BufferedResponse> {
        let response = self.client.call(&self.upstream, request, Bytes::new());
        BufferedResponse::read(response.await.ok()?).await
    }
}

impl Drop for Fetch {
    fn drop(&mut self) {
        let Some(batch) = self.reads.next_batch(&self.key) else {
            return;
        };
        let fetch = Self {
            reads: Arc::clone(&self.reads),
            client: self.client.clone(),
            upstream: Arc::clone(&self.upstream),
            key: self.key.clone(),
        };
        let task = async move {
            let response = fetch.response(&batch.request);
            // On failure the sender is dropped, and each reader fetches alone.
            if let Ok(Some(response)) = tokio::time::timeout(fetch.client.timeout(), response).await
            {
                batch.response.send_replace(Some(response));
            }
        };
        // At the end of the process there is no runtime left.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(task);
        }
    }
}

impl Key {
    /// Returns `None` if one of the headers occurs more than once.
    fn of(request: &request::Parts) -> Option<Self> {
        let single = |name| {
            let mut values = request.headers.get_all(name).iter();
            let value = values.next().cloned();
            values.next().is_none().then_some(value)
        };
        let vary = [
            single(header::IF_NONE_MATCH)?,
            single(header::ACCEPT)?,
            single(header::ACCEPT_ENCODING)?,
        ];
        Some(Self {
            uri: request.uri.clone(),
            vary,
        })
    }
}

impl Batch {
    fn new(first: &request::Parts) -> Self {
        let (mut request, ()) = http::Request::new(()).into_parts();
        request.method = first.method.clone();
        request.uri = first.uri.clone();
        request.headers = first.headers.clone();
        Self {
            request,
            response: watch::Sender::new(None),
        }
    }
}

impl BufferedResponse {
    /// Reads a response that can be shared. An error is not: its problem document contains one
    /// request's id. A cookie is for one client.
    async fn read(response: http::Response<Incoming>) -> Option<Self> {
        let (mut parts, body) = response.into_parts();
        let can_share = matches!(parts.status, StatusCode::OK | StatusCode::NOT_MODIFIED)
            && !parts.headers.contains_key(header::SET_COOKIE);
        if !can_share {
            return None;
        }
        headers::sanitize_response(&mut parts.headers);
        let body = Limited::new(body, MAX_SHARED_BODY).collect().await.ok()?;
        Some(Self {
            status: parts.status,
            headers: parts.headers,
            body: body.to_bytes(),
        })
    }

    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(uri: &'static str, headers: &[(http::HeaderName, &'static str)]) -> request::Parts {
        let mut request = http::Request::new(());
        *request.uri_mut() = Uri::from_static(uri);
        for (name, value) in headers {
            request
                .headers_mut()
                .append(name, HeaderValue::from_static(value));
        }
        request.into_parts().0
    }

    #[test]
    fn given_readers_that_arrive_during_a_fetch_when_it_ends_then_they_are_one_batch() {
        let reads = SharedReads::new(Duration::from_secs(1));
        let request = request("/api/products", &[]);
        let key = Key::of(&request).unwrap();
        assert!(matches!(reads.join(&key, &request), JoinOutcome::Fetch));
        let waiting: Vec<JoinOutcome> = (0..3).map(|_| reads.join(&key, &request)).collect();
        assert!(
            waiting
                .iter()
                .all(|outcome| matches!(outcome, JoinOutcome::Wait(_)))
        );
        let batch = reads.next_batch(&key).expect("a batch");
        assert_eq!(batch.response.receiver_count(), 3);
        // The batch's fetch has begun, so a later reader must not get its response.
        let JoinOutcome::Wait(_late) = reads.join(&key, &request) else {
            panic!("a fetch is in flight")
        };
        assert_eq!(batch.response.receiver_count(), 3);
        assert!(reads.next_batch(&key).is_some());
        assert!(reads.next_batch(&key).is_none());
        assert!(reads.fetches().is_empty());
    }

    #[test]
    fn given_readers_that_disconnected_when_the_fetch_ends_then_no_other_fetch_begins() {
        let reads = SharedReads::new(Duration::from_secs(1));
        let request = request("/api/products", &[]);
        let key = Key::of(&request).unwrap();
        assert!(matches!(reads.join(&key, &request), JoinOutcome::Fetch));
        drop(reads.join(&key, &request));
        assert!(reads.next_batch(&key).is_none());
        assert!(reads.fetches().is_empty());
    }

    #[test]
    fn given_two_requests_when_they_differ_in_uri_or_vary_headers_then_they_do_not_share() {
        let plain = Key::of(&request("/api/products", &[])).unwrap();
        let differs =
            |uri, headers: &[_]| assert_ne!(Key::of(&request(uri, headers)).unwrap(), plain);
        differs("/api/products?name=a", &[]);
        differs("/api/products", &[(header::IF_NONE_MATCH, "\"1\"")]);
        differs("/api/products", &[(header::ACCEPT, "text/html")]);
        let same = Key::of(&request("/api/products", &[(header::USER_AGENT, "b")])).unwrap();
        assert_eq!(same, plain);
        let twice = [(header::ACCEPT, "a"), (header::ACCEPT, "b")];
        assert!(Key::of(&request("/api/products", &twice)).is_none());
    }

    #[test]
    fn given_requests_with_a_token_a_range_or_another_method_when_checked_then_they_cannot_be_shared()
     {
        let reads = SharedReads::new(Duration::from_secs(1));
        assert!(reads.can_share(&request("/api/products", &[])));
        assert!(!reads.can_share(&request(
            "/api/products",
            &[(header::AUTHORIZATION, "Bearer x")]
        )));
        assert!(!reads.can_share(&request("/api/products", &[(header::RANGE, "bytes=0-1")])));
        let mut head = request("/api/products", &[]);
        head.method = Method::HEAD;
        assert!(!reads.can_share(&head));
        assert!(!SharedReads::new(Duration::ZERO).can_share(&request("/api/products", &[])));
    }
}
