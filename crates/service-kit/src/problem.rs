//! The error response of all services: an RFC 9457 problem document.
//!
//! Clients show `detail` and branch on `type`. Internal causes never appear in it; they are logged
//! once, with the request id.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use runtime::lifecycle::error_chain;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::request_context;

/// The media type of a problem document.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// An error response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// A stable path that identifies the kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "/problems/insufficient-stock")]
    pub kind: String,
    /// The reason phrase of the status.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// A sentence for people.
    pub detail: String,
    /// The request id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The invalid fields of the input.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    #[serde(skip)]
    retry_after: Option<u32>,
}

/// An invalid field of the input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// The path of the field, such as `products[0].quantity`; `body` for the whole body.
    pub field: String,
    /// The error, as the predicate of a sentence about the field.
    pub message: String,
}

impl Problem {
    /// A problem whose type is derived from its status, such as `/problems/not-found`.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        Self {
            kind: format!("/problems/{}", title.to_lowercase().replace(' ', "-")),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            instance: None,
            errors: Vec::new(),
            retry_after: None,
        }
    }

    /// Sets the type to `/problems/slug`.
    #[must_use]
    pub fn of_kind(mut self, slug: &str) -> Self {
        self.kind = format!("/problems/{slug}");
        self
    }

    /// 400: the input has the right shape but violates a rule.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 404 with this detail.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// 404: the `thing`, such as a `product`, does not exist.
    pub fn unknown(thing: &str) -> Self {
        Self::not_found(format!("The requested {thing} does not exist."))
            .of_kind(&format!("unknown-{thing}"))
    }

    /// 404: the path does not exist.
    pub fn unknown_endpoint() -> Self {
        Self::not_found("Endpoint not found!").of_kind("unknown-endpoint")
    }

    /// 405: the path does not support the method.
    pub fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "The method is not allowed at this address.",
        )
    }

    /// 401: a bad, expired or forged token.
    pub fn incorrect_token() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Incorrect token").of_kind("incorrect-token")
    }

    /// 401: a required token is missing.
    pub fn no_token() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "You have no access to this resource!",
        )
        .of_kind("no-token")
    }

    /// 403: the token lacks the role.
    pub fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "You have no access to this resource!",
        )
        .of_kind("wrong-role")
    }

    /// 422: `field` does not have the right shape.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        let error = FieldError {
            field: field.into(),
            message: message.into(),
        };
        let mut problem = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("{}: {}", error.field, error.message),
        )
        .of_kind("invalid-input");
        problem.errors.push(error);
        problem
    }

    /// 422: the Idempotency-Key was used for another `thing`, such as an `order`.
    pub fn key_reused(thing: &str) -> Self {
        Self::invalid("Idempotency-Key", format!("was used for another {thing}"))
            .of_kind("idempotency-key-reused")
    }

    /// 408: receiving the body timed out.
    pub fn body_too_slow() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "The body was not received within the timeout.",
        )
    }

    /// 413: the body exceeds the limit of the path.
    pub fn body_too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "The body is too large for this address.",
        )
        .of_kind("body-too-large")
    }

    /// 415: the body has a `Content-Encoding` other than `identity`.
    pub fn encoded_body() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "The body must not be compressed (Content-Encoding).",
        )
    }

    /// 429 with `Retry-After: seconds`.
    pub fn too_many_requests(seconds: u32) -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "Too many requests. Please wait a moment and try again.",
        )
        .retry_after(seconds)
    }

    /// 503: a dependency is unavailable; the client may retry in a second.
    pub fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "Service unavailable!").retry_after(1)
    }

    /// 500: an internal error; the log has its cause with the request id.
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong on our side. Please try again later.",
        )
    }

    /// The problem of a failed dependency, whose cause is logged and not shown: 503 if a later
    /// attempt can succeed, 500 otherwise.
    pub fn dependency_failed(error: &(dyn std::error::Error + 'static), retryable: bool) -> Self {
        let error = error_chain(error);
        if retryable {
            tracing::warn!(error, "a request failed; the client may retry");
            Self::unavailable()
        } else {
            tracing::error!(error, "a request failed");
            Self::internal()
        }
    }

    /// Adds a `Retry-After` header.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(mut self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self.instance = request_context::current_request_id();
        // A struct of strings and numbers always serialises.
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (
            status,
            [(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE))],
            body,
        )
            .into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
            let accepted = HeaderValue::from_static("identity");
            headers.insert(header::ACCEPT_ENCODING, accepted);
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
