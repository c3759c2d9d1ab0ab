//! Log lines, metrics, and the request's id and trace that run through both.

use std::sync::OnceLock;
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing::Instrument;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::settings::{Common, LogFormat};

/// The header that carries a request's id from the gateway to the services and back.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// W3C Trace Context's header: <https://www.w3.org/TR/trace-context/>.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

tokio::task_local! {
    static REQUEST: RequestContext;
}

static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();

/// What identifies a request in logs, problems and events.
#[derive(Clone, Debug)]
pub struct RequestContext {
    /// The request's id, as in a problem's `instance`.
    pub id: String,
    /// The request's place in its trace, as a `traceparent` header has it.
    pub traceparent: String,
}

impl RequestContext {
    /// Takes the ids that a caller sent if they are well formed, and makes the missing ones.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        // One for both: randomness is a system call, and a trace that begins here is as easily
        // found by the request's id.
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

/// Starts logging and counting, once for the process.
pub fn init(settings: &Common) -> Result<(), TelemetryError> {
    log_to(std::io::stdout, settings)?;
    let handle = PrometheusBuilder::new()
        .set_buckets(&[
            0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
        ])
        .map_err(TelemetryError::Metrics)?
        .install_recorder()
        .map_err(TelemetryError::Metrics)?;
    // `install_recorder` succeeds once in a process, so this is the first value.
    let _ = METRICS.set(handle);
    Ok(())
}

/// Starts logging alone, once for the process: of a program whose standard output is for what it was
/// asked.
pub fn log_to_stderr(settings: &Common) -> Result<(), TelemetryError> {
    log_to(std::io::stderr, settings)
}

fn log_to<W>(writer: W, settings: &Common) -> Result<(), TelemetryError>
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let filter =
        EnvFilter::try_new(&settings.log_level).map_err(|source| TelemetryError::Filter {
            level: settings.log_level.clone(),
            source,
        })?;
    let lines = tracing_subscriber::fmt()
        .with_writer(writer)
        .with_env_filter(filter)
        .with_target(true)
        // A line that nobody takes is dropped. Telling standard error of it panics if nobody takes
        // that either.
        .log_internal_errors(false);
    match settings.log_format {
        LogFormat::Text => lines.with_ansi(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    }
    .map_err(TelemetryError::Logging)
}

/// Why logging or counting could not start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The level is not in `EnvFilter`'s syntax.
    #[error("LOG_LEVEL is '{level}', which is not a log level or filter")]
    Filter {
        /// What was set.
        level: String,
        /// What the parser says.
        source: tracing_subscriber::filter::ParseError,
    },
    /// Something logs already.
    #[error("logging was started before")]
    Logging(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Something counts already.
    #[error("metrics could not be started")]
    Metrics(#[source] metrics_exporter_prometheus::BuildError),
}

/// The metrics so far, in Prometheus' text format.
pub fn render_metrics() -> String {
    let Some(handle) = METRICS.get() else {
        return String::new();
    };
    handle.run_upkeep();
    handle.render()
}

/// The id of the request that this task answers, if it answers one.
pub fn current_request_id() -> Option<String> {
    REQUEST.try_with(|request| request.id.clone()).ok()
}

/// The trace of the request that this task answers, if it answers one.
pub fn current_traceparent() -> Option<String> {
    REQUEST.try_with(|request| request.traceparent.clone()).ok()
}

/// Middleware: gives the request its context, counts it, and logs it if it failed.
pub async fn observe(mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let context = RequestContext::from_headers(request.headers());
    // Both were checked or made here, so they are valid header values.
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

/// Anybody can make up methods, and each label costs memory for good.
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

/// A trace of that id, whose first span is the id's second half, which is never zero.
fn new_traceparent(id: uuid::Uuid) -> String {
    format!("00-{}-{:016x}-01", id.simple(), id.as_u64_pair().1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_trace_headers_when_judged_then_only_well_formed_ones_pass() {
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
    fn given_a_made_up_method_when_counted_then_it_gets_no_label_of_its_own() {
        let made_up = http::Method::from_bytes(b"MADEUP").expect("a valid method");
        assert_eq!(method_label(&made_up), "other");
        assert_eq!(method_label(&http::Method::PATCH), "PATCH");
    }

    #[test]
    fn given_no_headers_when_a_request_comes_then_it_gets_ids() {
        let context = RequestContext::from_headers(&HeaderMap::new());
        assert!(is_request_id(&context.id) && is_traceparent(&context.traceparent));
    }
}
