//! The event stream of the caller's orders.

use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};
use identity::Caller;
use runtime::clock::{Clock as _, SystemClock};
use service_kit::problem::Problem;

use super::App;
use crate::stream::{self, StreamRequest};

/// Streams each status change of the caller's orders, when it is committed, as server-sent events:
/// `event: order` with `{"id","status","reason","at"}`, or `event: reset` when something may be
/// missing and the client has to read the list again. The stream ends when the token expires.
#[utoipa::path(get, path = "/api/orders/events", tag = "orders", operation_id = "follow_orders",
    security(("bearer" = [])),
    params(("Last-Event-ID" = Option<String>, Header,
        description = "The id of the last message received; the stream starts with the changes after it")),
    responses(
        (status = 200, body = String, content_type = "text/event-stream", description = "The stream",
            example = json!("id: AWd0hYAAAAAB\nevent: order\ndata: {\"id\":\"71fefe4a1cad4140785928a4\",\"status\":\"ACCEPTED\",\"reason\":null,\"at\":\"2025-01-01T00:00:00.000Z\"}\n\n")),
        (status = 401, body = Problem),
        (status = 429, body = Problem),
        (status = 503, body = Problem)))]
pub(super) async fn follow(
    caller: Caller,
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if app.stop.is_cancelled() {
        return Err(Problem::unavailable());
    }
    let lifetime = caller.expires_at.duration_since(SystemClock.now());
    let request = StreamRequest {
        buyer: caller.email,
        last_event_id: headers
            .get("last-event-id")
            .map(|id| id.to_str().unwrap_or_default().to_owned()),
        lifetime: Duration::try_from(lifetime).unwrap_or_default(),
        stop: app.stop.clone(),
    };
    let messages = stream::open(&app.hub, &app.store, request, app.timeout).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // Without it nginx buffers messages.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::from_stream(messages)).into_response())
}
