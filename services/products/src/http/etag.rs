//! Entity tags, and the responses to conditional requests.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest as _, Sha256};

/// Returns the tag of a representation that is determined by `parts`.
pub(super) fn of(parts: &[&[u8]]) -> HeaderValue {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part);
    }
    of_digest(digest)
}

/// Returns the tag of a representation from the digest of what determines it.
pub(super) fn of_digest(digest: Sha256) -> HeaderValue {
    let tag = format!("\"{}\"", hex::encode(&digest.finalize()[..12]));
    HeaderValue::try_from(tag).unwrap_or(HeaderValue::from_static("\"\""))
}

/// Returns 304 if the client has this version (RFC 9110, 13.1.2: weak comparison), or `response`.
pub(super) fn not_modified_or(
    headers: &HeaderMap,
    tag: HeaderValue,
    response: impl IntoResponse,
) -> Response {
    let known = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| {
            value
                .split(',')
                .map(|candidate| candidate.trim().trim_start_matches("W/"))
                .any(|candidate| candidate == "*" || candidate.as_bytes() == tag.as_bytes())
        });
    let caching = [
        (header::ETAG, tag),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    if known {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    (caching, response).into_response()
}
