//! The extractor of the `Idempotency-Key` header.

use axum::extract::OptionalFromRequestParts;
use domain::IdempotencyKey;
use http::request::Parts;

use crate::problem::Problem;

/// The optional `Idempotency-Key` of a request. A repeated or invalid header is answered 400.
#[derive(Clone, Debug)]
pub struct IdempotencyHeader(pub IdempotencyKey);

impl<S: Send + Sync> OptionalFromRequestParts<S> for IdempotencyHeader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Problem> {
        let mut values = parts.headers.get_all("idempotency-key").iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        if values.next().is_some() {
            return Err(Problem::bad_request(
                "There is more than one Idempotency-Key.",
            ));
        }
        IdempotencyKey::parse(value.as_bytes())
            .map(|key| Some(Self(key)))
            .map_err(|_| {
                Problem::bad_request("An Idempotency-Key has 1 to 255 visible ASCII characters.")
            })
    }
}
