//! A stand-in for Cloud Storage: the requests of its XML API
//! (<https://cloud.google.com/storage/docs/xml-api/overview>) that a backup needs. As for the backup job, an object
//! can be created, but not replaced.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};

/// A running server with one bucket.
#[derive(Clone, Default)]
pub(crate) struct Bucket(Arc<Mutex<Content>>);

#[derive(Default)]
struct Content {
    objects: BTreeMap<String, Vec<u8>>,
    /// The parts of each multipart upload, by its object.
    parts: HashMap<String, BTreeMap<u32, Vec<u8>>>,
    /// The number of requests for a part.
    part_count: usize,
    refuses_uploads: bool,
}

impl Bucket {
    /// Starts the server. Returns its address as well.
    pub(crate) async fn start() -> (Self, String) {
        let bucket = Self::default();
        let router = Router::new()
            .route("/{bucket}", get(list))
            .route("/{bucket}/{*key}", any(answer))
            .layer(DefaultBodyLimit::disable())
            .with_state(bucket.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        (bucket, format!("http://{address}"))
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.content().objects.keys().cloned().collect()
    }

    pub(crate) fn put(&self, name: &str, object: Vec<u8>) {
        self.content().objects.insert(name.to_owned(), object);
    }

    pub(crate) fn part_count(&self) -> usize {
        self.content().part_count
    }

    pub(crate) fn refuse_uploads(&self) {
        self.content().refuses_uploads = true;
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The folders of the bucket.
async fn list(State(bucket): State<Bucket>) -> String {
    let content = bucket.content();
    let folders = content
        .objects
        .keys()
        .filter_map(|name| name.split_once('/'));
    let mut folders: Vec<&str> = folders.map(|(folder, _)| folder).collect();
    folders.dedup();
    let prefixes = folders
        .iter()
        .map(|folder| format!("<CommonPrefixes><Prefix>{folder}/</Prefix></CommonPrefixes>"));
    format!(
        "<ListBucketResult>{}</ListBucketResult>",
        prefixes.collect::<String>()
    )
}

async fn answer(
    State(bucket): State<Bucket>,
    method: Method,
    Path((_, key)): Path<(String, String)>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut content = bucket.content();
    let part = query
        .get("partNumber")
        .and_then(|number| number.parse().ok());
    match method {
        Method::GET | Method::HEAD => content.read(&key, &headers),
        _ if content.refuses_uploads => StatusCode::FORBIDDEN.into_response(),
        Method::PUT => match part {
            Some(number) => content.add_part(key, number, body.to_vec()),
            None => content.create(key, body.to_vec()),
        },
        Method::POST if query.contains_key("uploads") => {
            let id = "<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>";
            id.into_response()
        }
        Method::POST => content.complete(key),
        _ => StatusCode::NO_CONTENT.into_response(),
    }
}

impl Content {
    fn read(&self, key: &str, headers: &HeaderMap) -> Response {
        let Some(object) = self.objects.get(key) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let range = headers
            .get(header::RANGE)
            .and_then(|range| range.to_str().ok());
        let range = range.and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
        let (status, first, end) = match range {
            Some((first, last)) => {
                let first: usize = first.parse().expect("a number");
                let last: usize = last.parse().expect("a number");
                (
                    StatusCode::PARTIAL_CONTENT,
                    first,
                    object.len().min(last + 1),
                )
            }
            None => (StatusCode::OK, 0, object.len()),
        };
        let range = format!("bytes {first}-{}/{}", end.max(1) - 1, object.len());
        Response::builder()
            .status(status)
            .header(header::CONTENT_RANGE, range)
            .header(header::CONTENT_LENGTH, end - first)
            .header(header::LAST_MODIFIED, "Wed, 25 Nov 2026 03:00:00 GMT")
            .header(header::ETAG, "\"1\"")
            .body(Body::from(object[first..end].to_vec()))
            .expect("a response")
    }

    fn create(&mut self, key: String, object: Vec<u8>) -> Response {
        if self.objects.contains_key(&key) {
            return StatusCode::PRECONDITION_FAILED.into_response();
        }
        self.objects.insert(key, object);
        created().into_response()
    }

    fn add_part(&mut self, key: String, number: u32, part: Vec<u8>) -> Response {
        self.part_count += 1;
        self.parts.entry(key).or_default().insert(number, part);
        created().into_response()
    }

    fn complete(&mut self, key: String) -> Response {
        let parts = self.parts.remove(&key).unwrap_or_default();
        let object: Vec<u8> = parts.into_values().flatten().collect();
        let response = self.create(key, object);
        let result =
            "<CompleteMultipartUploadResult><ETag>\"1\"</ETag></CompleteMultipartUploadResult>";
        (response.status(), created(), result).into_response()
    }
}

fn created() -> [(&'static str, &'static str); 2] {
    [("etag", "\"1\""), ("x-goog-generation", "1")]
}
