//! One fetch for many identical reads.
//!
//! While one fetch of a target is under way, later readers of the same wait for it to end; the
//! next fetch then answers all of them. No reader gets the answer of a fetch that began before
//! its request arrived, so everybody sees a state at or after their arrival, as without sharing.
//! Whoever has waited longer than the patience fetches alone, so a fetch that hangs holds
//! nobody up for long.

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

use crate::headers;
use crate::proxy::{self, Gateway};
use crate::upstream::Upstream;

/// Larger answers, in bytes, are fetched by each reader alone: they would pile up in memory.
const LARGEST_SHARED: usize = 1024 * 1024;

/// Which targets are being fetched, and who waits for the next fetch.
#[derive(Debug)]
pub struct SharedReads {
    patience: Duration,
    targets: Mutex<HashMap<Key, Option<Batch>>>,
}

/// All of a request that its answer may depend on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    uri: Uri,
    varies: [Option<HeaderValue>; 3],
}

/// Readers that wait for the next fetch, and the request that it makes.
#[derive(Debug)]
struct Batch {
    request: request::Parts,
    answer: watch::Sender<Option<Answer>>,
}

#[derive(Clone, Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// What a reader does.
enum Turn {
    Fetch,
    Wait(watch::Receiver<Option<Answer>>),
}

/// A fetch under way. When it ends, however it ends, the next batch's begins.
struct Fetch {
    gateway: Arc<Gateway>,
    upstream: Arc<Upstream>,
    key: Key,
}

impl SharedReads {
    /// Shares fetches among readers that wait up to `patience`; with none, nothing is shared.
    pub fn new(patience: Duration) -> Self {
        Self {
            patience,
            targets: Mutex::default(),
        }
    }

    /// Whether the answer to this request, whose body is empty, may be given to others too.
    pub fn suits(&self, request: &request::Parts) -> bool {
        !self.patience.is_zero()
            && request.method == Method::GET
            && !request.headers.contains_key(header::AUTHORIZATION)
            && !request.headers.contains_key(header::RANGE)
    }

    fn turn(&self, key: &Key, request: &request::Parts) -> Turn {
        match self.targets().entry(key.clone()) {
            Entry::Vacant(vacant) => {
                vacant.insert(None);
                Turn::Fetch
            }
            Entry::Occupied(mut next) => Turn::Wait(
                next.get_mut()
                    .get_or_insert_with(|| Batch::new(request))
                    .answer
                    .subscribe(),
            ),
        }
    }

    /// A fetch has ended: the readers that came meanwhile, for whom the next one begins.
    fn next(&self, key: &Key) -> Option<Batch> {
        let mut targets = self.targets();
        let batch = targets.get_mut(key).and_then(Option::take);
        // All of its readers may have lost their patience.
        let batch = batch.filter(|batch| batch.answer.receiver_count() > 0);
        if batch.is_none() {
            targets.remove(key);
        }
        batch
    }

    fn targets(&self) -> MutexGuard<'_, HashMap<Key, Option<Batch>>> {
        self.targets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers a read by a fetch of its own, or by one for several readers.
pub async fn read(
    gateway: &Arc<Gateway>,
    upstream: &Arc<Upstream>,
    request: &request::Parts,
) -> Result<Response, Problem> {
    let alone = async || {
        gateway
            .call(upstream, request, Bytes::new())
            .await
            .map(proxy::stream)
    };
    let Some(key) = Key::of(request) else {
        return alone().await;
    };
    match gateway.shared_reads().turn(&key, request) {
        Turn::Fetch => {
            let fetch = Fetch {
                gateway: Arc::clone(gateway),
                upstream: Arc::clone(upstream),
                key,
            };
            let response = alone().await;
            drop(fetch);
            response
        }
        Turn::Wait(mut answer) => {
            let answered = answer.wait_for(Option::is_some);
            let shared = match tokio::time::timeout(gateway.shared_reads().patience, answered).await
            {
                Ok(Ok(answer)) => answer.clone(),
                Ok(Err(_)) | Err(_) => None,
            };
            match shared {
                Some(answer) => Ok(answer.into_response()),
                None => alone().await,
            }
        }
    }
}

impl Fetch {
    async fn answer(&self, request: &request::Parts) -> Option<Answer> {
        let response = self
            .gateway
            .call(&self.upstream, request, Bytes::new())
            .await
            .ok()?;
        Answer::read(response).await
    }
}

impl Drop for Fetch {
    fn drop(&mut self) {
        let Some(batch) = self.gateway.shared_reads().next(&self.key) else {
            return;
        };
        let fetch = Self {
            gateway: Arc::clone(&self.gateway),
            upstream: Arc::clone(&self.upstream),
            key: self.key.clone(),
        };
        let limit = self.gateway.upstream_timeout();
        let work = async move {
            // Without an answer the sender is dropped, and each reader fetches alone.
            if let Ok(Some(answer)) =
                tokio::time::timeout(limit, fetch.answer(&batch.request)).await
            {
                batch.answer.send_replace(Some(answer));
            }
        };
        // There is no runtime any more when the process is about to end.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(work);
        }
    }
}

impl Key {
    /// None where a header is there twice, which is not worth a thought.
    fn of(request: &request::Parts) -> Option<Self> {
        let single = |name| {
            let mut values = request.headers.get_all(name).iter();
            let value = values.next().cloned();
            values.next().is_none().then_some(value)
        };
        let varies = [
            single(header::IF_NONE_MATCH)?,
            single(header::ACCEPT)?,
            single(header::ACCEPT_ENCODING)?,
        ];
        Some(Self {
            uri: request.uri.clone(),
            varies,
        })
    }
}

impl Batch {
    fn new(of: &request::Parts) -> Self {
        let (mut request, ()) = http::Request::new(()).into_parts();
        request.method = of.method.clone();
        request.uri = of.uri.clone();
        request.headers = of.headers.clone();
        Self {
            request,
            answer: watch::Sender::new(None),
        }
    }
}

impl Answer {
    /// Reads an answer that fits everybody: a problem carries the id of one request, and a
    /// cookie is for one client.
    async fn read(response: http::Response<Incoming>) -> Option<Self> {
        let (mut parts, body) = response.into_parts();
        let fits = matches!(parts.status, StatusCode::OK | StatusCode::NOT_MODIFIED)
            && !parts.headers.contains_key(header::SET_COOKIE);
        if !fits {
            return None;
        }
        headers::clean_response(&mut parts.headers);
        let body = Limited::new(body, LARGEST_SHARED)
            .collect()
            .await
            .ok()?
            .to_bytes();
        Some(Self {
            status: parts.status,
            headers: parts.headers,
            body,
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
    fn given_readers_that_come_during_a_fetch_when_it_ends_then_they_are_one_batch() {
        let reads = SharedReads::new(Duration::from_secs(1));
        let request = request("/api/products", &[]);
        let key = Key::of(&request).unwrap();
        assert!(matches!(reads.turn(&key, &request), Turn::Fetch));
        let waiting: Vec<Turn> = (0..3).map(|_| reads.turn(&key, &request)).collect();
        assert!(waiting.iter().all(|turn| matches!(turn, Turn::Wait(_))));
        let batch = reads.next(&key).expect("a batch");
        assert_eq!(batch.answer.receiver_count(), 3);
        // The batch's fetch has begun, so who comes now must not get its answer.
        let Turn::Wait(_late) = reads.turn(&key, &request) else {
            panic!("a fetch is under way")
        };
        assert_eq!(batch.answer.receiver_count(), 3);
        assert!(reads.next(&key).is_some());
        assert!(reads.next(&key).is_none());
        assert!(reads.targets().is_empty());
    }

    #[test]
    fn given_readers_that_left_when_the_fetch_ends_then_there_is_no_other_one() {
        let reads = SharedReads::new(Duration::from_secs(1));
        let request = request("/api/products", &[]);
        let key = Key::of(&request).unwrap();
        assert!(matches!(reads.turn(&key, &request), Turn::Fetch));
        drop(reads.turn(&key, &request));
        assert!(reads.next(&key).is_none());
        assert!(reads.targets().is_empty());
    }

    #[test]
    fn given_two_requests_when_they_differ_in_what_an_answer_depends_on_then_they_do_not_share() {
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
    fn given_requests_with_a_token_a_range_or_another_method_when_judged_then_they_do_not_share() {
        let reads = SharedReads::new(Duration::from_secs(1));
        assert!(reads.suits(&request("/api/products", &[])));
        assert!(!reads.suits(&request(
            "/api/products",
            &[(header::AUTHORIZATION, "Bearer x")]
        )));
        assert!(!reads.suits(&request("/api/products", &[(header::RANGE, "bytes=0-1")])));
        let mut head = request("/api/products", &[]);
        head.method = Method::HEAD;
        assert!(!reads.suits(&head));
        assert!(!SharedReads::new(Duration::ZERO).suits(&request("/api/products", &[])));
    }
}
