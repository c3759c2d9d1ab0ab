//! Sends `Connection: close` with the response to a request whose body was not read to its end.
//!
//! hyper closes such a connection. Without the header the client may already have sent its next
//! request on it, which would get no response (RFC 9112, 9.6).

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderValue, header};
use http_body::{Frame, SizeHint};

/// A body that records whether it was read to its end.
struct Watched {
    body: Body,
    ended: Arc<AtomicBool>,
}

/// Middleware that adds the header if the body was not read to its end.
pub(crate) async fn close_connection(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    if http_body::Body::is_end_stream(&body) {
        return next.run(Request::from_parts(parts, body)).await;
    }
    let ended = Arc::new(AtomicBool::new(false));
    let watched = Watched {
        body,
        ended: Arc::clone(&ended),
    };
    let mut response = next
        .run(Request::from_parts(parts, Body::new(watched)))
        .await;
    if !ended.load(Ordering::Relaxed) {
        response
            .headers_mut()
            .insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if frame.is_none() || self.body.is_end_stream() {
            self.ended.store(true, Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::middleware;
    use axum::routing::post;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn given_a_body_that_is_not_read_when_answered_then_the_connection_closes() {
        let router = Router::new()
            .route("/read", post(async |_: Bytes| ()))
            .route("/unread", post(async || ()))
            .layer(middleware::from_fn(close_connection));
        let closes = async |path: &str, body: &'static str| {
            let request = Request::post(path).body(Body::from(body)).expect("valid");
            let response = router.clone().oneshot(request).await.expect("answers");
            response.headers().contains_key(header::CONNECTION)
        };
        assert!(!closes("/read", "x").await);
        assert!(!closes("/read", "").await);
        assert!(!closes("/unread", "").await);
        assert!(closes("/unread", "x").await);
    }
}
