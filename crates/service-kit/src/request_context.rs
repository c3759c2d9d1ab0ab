//! The request id and trace context of a request, and the middleware that logs and counts it.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tracing::Instrument;

/// The header that carries the request id from the gateway to the services and back.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// W3C Trace Context's header: <https://www.w3.org/TR/trace-context/>.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

tokio::task_local! {
    static REQUEST: RequestContext;
}

/// The ids of a request in logs, problems and events.
#[derive(Clone, Debug)]
pub struct RequestContext {
    /// The request id, also a problem's `instance`.
    pub id: String,
    /// The trace context, in the form of a `traceparent` header.
    pub traceparent: String,
}

impl RequestContext {
    /// Uses the caller's ids if they are well formed and generates missing ones.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        // One random number for both: randomness is a system call, and the request id then also
        // finds a trace that starts here.
        let random = std::cell::LazyCell::new(uuid::Uuid::new_v4);
        Self {
            id: text(&REQUEST_ID)
                .filter(|id| is_request_id(id))
                .map_or_else(|| random.to_string(), str::to_owned),
            traceparent: text(&TRACEPARENT)
                .filter(|value| is_traceparent(value))
                .map_or_else(|| new_traceparent(*random), str::to_owned),
        }
    }
}

/// The request id of the current task, if it handles a request.
pub fn current_request_id() -> Option<String> {
    REQUEST.try_with(|request| request.id.clone()).ok()
}

/// The `traceparent` of the current task, if it handles a request.
pub fn current_traceparent() -> Option<String> {
    REQUEST.try_with(|request| request.traceparent.clone()).ok()
}

/// Middleware that sets the request context, records metrics and logs server errors.
pub async fn observe(mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let context = RequestContext::from_headers(request.headers());
    // Both were validated or generated above, so they are valid header values.
    if let (Ok(id), Ok(trace)) = (
        HeaderValue::from_str(&context.id),
        HeaderValue::from_str(&context.traceparent),
    ) {
        request.headers_mut().insert(REQUEST_ID, id);
        request.headers_mut().insert(TRACEPARENT, trace);
    }
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unknown".to_owned(), |path| path.as_str().to_owned());
    let span = tracing::info_span!("request", id = %context.id, %method, route);
    let id = context.id.clone();
    let mut response = REQUEST
        .scope(context, next.run(request).instrument(span.clone()))
        .await;
    span.in_scope(|| record(&method, &route, response.status(), started));
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

fn record(method: &http::Method, route: &str, status: StatusCode, started: Instant) {
    let elapsed = started.elapsed();
    let labels = [
        ("method", method_label(method).to_owned()),
        ("route", route.to_owned()),
        ("status", status.as_u16().to_string()),
    ];
    metrics::counter!("http_requests_total", &labels).increment(1);
    metrics::histogram!("http_request_duration_seconds", &labels[..2])
        .record(elapsed.as_secs_f64());
    let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    if status.is_server_error() {
        tracing::warn!(status = status.as_u16(), millis, "answered {status}");
    } else {
        tracing::debug!(status = status.as_u16(), millis, "answered {status}");
    }
}

/// Maps unknown methods to one label: clients can invent methods, and every label value stays in
/// memory.
fn method_label(method: &http::Method) -> &'static str {
    use http::Method;
    const KNOWN: [(Method, &str); 7] = [
        (Method::GET, "GET"),
        (Method::POST, "POST"),
        (Method::PATCH, "PATCH"),
        (Method::HEAD, "HEAD"),
        (Method::PUT, "PUT"),
        (Method::DELETE, "DELETE"),
        (Method::OPTIONS, "OPTIONS"),
    ];
    KNOWN
        .iter()
        .find(|(known, _)| known == method)
        .map_or("other", |(_, label)| label)
}

fn is_request_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// `version-trace-parent-flags`, all lower-case hex, neither id all zero (Trace Context, 3.2).
fn is_traceparent(value: &str) -> bool {
    let lower_hex = |part: &str| {
        part.bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let parts: Vec<&str> = value.split('-').collect();
    let [version, trace, parent, flags] = parts[..] else {
        return false;
    };
    let lengths = [version.len(), trace.len(), parent.len(), flags.len()] == [2, 32, 16, 2];
    lengths
        && parts.iter().all(|part| lower_hex(part))
        && version != "ff"
        && trace.bytes().any(|b| b != b'0')
        && parent.bytes().any(|b| b != b'0')
}

/// A new trace with this id; the second half of a UUID, never zero, is the span id.
fn new_traceparent(id: uuid::Uuid) -> String {
    format!("00-{}-{:016x}-01", id.simple(), id.as_u64_pair().1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_trace_headers_when_validated_then_only_well_formed_ones_pass() {
        let check =
            |value: &str, expected: bool| assert_eq!(is_traceparent(value), expected, "{value}");
        check(
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            true,
        );
        check(
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            false,
        );
        check(
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            false,
        );
        check(
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            false,
        );
        check("", false);
        check(&new_traceparent(uuid::Uuid::new_v4()), true);
    }

    #[test]
    fn given_an_unknown_method_when_counted_then_it_shares_one_label() {
        let unknown = http::Method::from_bytes(b"UNKNOWN").expect("a valid method");
        assert_eq!(method_label(&unknown), "other");
        assert_eq!(method_label(&http::Method::PATCH), "PATCH");
    }

    #[test]
    fn given_no_headers_when_a_request_arrives_then_ids_are_generated() {
        let context = RequestContext::from_headers(&HeaderMap::new());
        assert!(is_request_id(&context.id) && is_traceparent(&context.traceparent));
    }
}
