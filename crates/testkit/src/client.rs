//! An HTTP client of the shop.

use std::fmt;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Body, Method, RequestBuilder, StatusCode};
use serde_json::Value;

use crate::event_stream::EventStream;
use crate::eventually::eventually;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
const STREAM_TIMEOUT: Duration = Duration::from_mins(10);

/// An HTTP client with a base URL, and possibly an access token and further headers.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base_url: String,
    token: Option<String>,
    headers: Vec<(String, String)>,
}

/// A response that was read to its end.
#[derive(Clone, Debug)]
pub struct Response {
    /// Method and path of the request, for error messages.
    pub request: String,
    /// The status code.
    pub status: u16,
    /// The response headers.
    pub headers: HeaderMap,
    /// The whole response body.
    pub body: Vec<u8>,
}

impl Client {
    /// A client of `base_url`, such as `http://127.0.0.1:8000`, without a token.
    pub fn new(base_url: &str) -> Self {
        // The backup program's client of Cloud Storage turns TLS on for all clients of the workspace, and they
        // need a provider.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .timeout(REQUEST_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client without TLS can be built");
        Self {
            http,
            base_url: base_url.to_owned(),
            token: None,
            headers: Vec::new(),
        }
    }

    /// The same client of another base URL.
    #[must_use]
    pub fn at(&self, base_url: &str) -> Self {
        Self {
            base_url: base_url.to_owned(),
            ..self.clone()
        }
    }

    /// The same client with this bearer token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// The same client with one more header in each request.
    #[must_use]
    pub fn with_header(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.push((name.to_owned(), value.to_owned()));
        client
    }

    /// The bearer token.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Sends GET.
    pub async fn get(&self, path: &str) -> Response {
        self.send(Method::GET, path, None).await
    }

    /// Sends POST with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Response {
        self.send(Method::POST, path, Some(body)).await
    }

    /// Sends PATCH with a JSON body.
    pub async fn patch(&self, path: &str, body: &Value) -> Response {
        self.send(Method::PATCH, path, Some(body)).await
    }

    /// Sends a request; panics if there is no response.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Response {
        execute(self.json_request(method, path, body))
            .await
            .expect("a response")
    }

    /// Sends GET; an error means that there is no response.
    pub async fn try_get(&self, path: &str) -> reqwest::Result<Response> {
        execute(self.request(Method::GET, path)).await
    }

    /// Sends POST with a JSON body; an error means that there is no response.
    pub async fn try_post(&self, path: &str, body: &Value) -> reqwest::Result<Response> {
        execute(self.json_request(Method::POST, path, Some(body))).await
    }

    /// Sends a body of any bytes and content type, chunked if it is a stream; panics if there is no response.
    pub async fn send_bytes(
        &self,
        method: Method,
        path: &str,
        content_type: &str,
        body: impl Into<Body>,
    ) -> Response {
        let request = self
            .request(method, path)
            .header("content-type", content_type)
            .body(body);
        execute(request).await.expect("a response")
    }

    /// Opens an event stream; panics if the response is not one.
    pub async fn stream(&self, path: &str, last_event_id: Option<&str>) -> EventStream {
        let stream = self.try_stream(path, last_event_id).await;
        stream.unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    /// Opens an event stream; the error is the status of another response, or says why there is none.
    pub async fn try_stream(
        &self,
        path: &str,
        last_event_id: Option<&str>,
    ) -> Result<EventStream, String> {
        let mut request = self.request(Method::GET, path).timeout(STREAM_TIMEOUT);
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        let response = request.send().await.map_err(|error| format!("{error:?}"))?;
        match response.status() {
            StatusCode::OK => Ok(EventStream::new(response)),
            status => Err(status.as_str().to_owned()),
        }
    }

    fn json_request(&self, method: Method, path: &str, body: Option<&Value>) -> RequestBuilder {
        let request = self.request(method, path);
        match body {
            Some(body) => request.json(body),
            None => request,
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.base_url));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request
    }
}

async fn execute(request: RequestBuilder) -> reqwest::Result<Response> {
    let (http, request) = request.build_split();
    let request = request?;
    let description = format!("{} {}", request.method(), request.url());
    let response = http.execute(request).await?;
    Ok(Response {
        request: description,
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: response.bytes().await?.to_vec(),
    })
}

impl Response {
    /// Returns the response; panics unless it has this status.
    #[expect(
        clippy::return_self_not_must_use,
        reason = "most tests check only the status"
    )]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self}");
        self
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {self}"))
    }

    /// A string member of the JSON body.
    pub fn string(&self, name: &str) -> String {
        let json = self.json();
        let string = json[name].as_str();
        string
            .unwrap_or_else(|| panic!("no {name} in {self}"))
            .to_owned()
    }

    /// Whether this response of `/health/ready` reports that the service and each of its parts are
    /// ready, also those that it can be without.
    pub fn is_fully_ready(&self) -> bool {
        let parts = self.json()["parts"].take();
        let mut parts = parts
            .as_object()
            .into_iter()
            .flat_map(|parts| parts.values());
        self.status == 200 && parts.all(|part| part == true)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header, if the response has it.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl fmt::Display for Response {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body: String = self.text().chars().take(2_000).collect();
        write!(
            formatter,
            "response to {}: {} {body}",
            self.request, self.status
        )
    }
}

/// Repeats a call until the response has this status, and returns that response.
pub async fn eventually_status(
    what: &str,
    status: u16,
    call: impl AsyncFn() -> Response,
) -> Response {
    eventually(what, async || {
        let response = call().await;
        if response.status == status {
            Ok(response)
        } else {
            Err(response.to_string())
        }
    })
    .await
}
