//! Bodies and queries that answer bad input with the contract's problem, field by field.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// A JSON body. What is not of the right shape is answered 422 with the field's path.
#[derive(Debug)]
pub struct Json<T>(pub T);

/// The query of a URL. What is not of the right shape is answered 422 with the parameter's name.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !says_json(request.headers()) {
            return Err(Problem::invalid(
                "body",
                "must be JSON (Content-Type: application/json)",
            ));
        }
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| unread(&rejection))?;
        json(&bytes).map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        query(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// A body without a Content-Type is given the benefit of the doubt; another one is not JSON.
fn says_json(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_none_or(|value| {
        value.to_str().is_ok_and(|value| {
            let essence = value
                .split(';')
                .next()
                .unwrap_or_default()
                .trim()
                .to_ascii_lowercase();
            essence == "application/json" || essence.ends_with("+json")
        })
    })
}

fn unread(rejection: &BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::body_too_large()
    } else {
        Problem::bad_request("The body could not be read to its end.")
    }
}

fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let cause = error.into_inner();
        if cause.is_data() {
            wrong_field(&path, &cause.to_string())
        } else {
            Problem::invalid("body", "must be one JSON value")
        }
    })?;
    deserializer
        .end()
        .map_err(|_| Problem::invalid("body", "must be one JSON value"))?;
    Ok(value)
}

fn query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let pairs = serde_urlencoded::Deserializer::new(form_pairs(query));
    serde_path_to_error::deserialize(pairs)
        .map_err(|error| wrong_field(&error.path().to_string(), &error.into_inner().to_string()))
}

fn form_pairs(query: &str) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(query.as_bytes())
}

/// Makes a field error of serde's message, without its position and with the missing field's
/// name in the path.
fn wrong_field(path: &str, message: &str) -> Problem {
    let message = message.split(" at line ").next().unwrap_or(message);
    let within = |name: &str| {
        if path == "." {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    if let Some(name) = message
        .strip_prefix("missing field `")
        .and_then(|rest| rest.strip_suffix('`'))
    {
        return Problem::invalid(within(name), "is missing");
    }
    let field = if path == "." { "body" } else { path };
    Problem::invalid(field, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(expecting = "an object")]
    #[expect(dead_code, reason = "only the errors matter here")]
    struct Order {
        products: Vec<Line>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(expecting = "an object")]
    #[expect(dead_code, reason = "only the errors matter here")]
    struct Line {
        name: String,
        quantity: i64,
    }

    #[test]
    fn given_bodies_of_the_wrong_shape_when_read_then_the_field_is_named() {
        let check = |body: &str, field: &str| {
            let problem = json::<Order>(body.as_bytes()).expect_err(body);
            assert_eq!(problem.status, 422, "{body}");
            assert_eq!(problem.errors[0].field, field, "{body}");
        };
        check("", "body");
        check("{", "body");
        check("[] []", "body");
        check("7", "body");
        check("{}", "products");
        check(r#"{"products":{"$ne":""}}"#, "products");
        check(r#"{"products":[{"name":"a"}]}"#, "products[0].quantity");
        check(
            r#"{"products":[{"name":{"$ne":""},"quantity":1}]}"#,
            "products[0].name",
        );
        check(
            r#"{"products":[{"name":"a","quantity":1.5}]}"#,
            "products[0].quantity",
        );
        check(
            r#"{"products":[{"name":"a","quantity":1e30}]}"#,
            "products[0].quantity",
        );
        check(
            &format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)),
            "body",
        );
    }

    #[test]
    fn given_invalid_utf_8_when_read_then_it_is_refused() {
        assert_eq!(
            json::<Order>(b"{\"products\":[\"\xff\"]}")
                .expect_err("refused")
                .status,
            422
        );
    }
}
