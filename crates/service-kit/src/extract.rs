//! Extractors of JSON bodies and queries, which answer invalid input with the contract's 422.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::problem::Problem;

/// The timeout of receiving a body. The gateway has a setting for it; services receive whole bodies
/// from the gateway.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// The maximum nesting of a body; the contract's bodies have three levels. The limit of `serde_json`
/// does not apply to ignored fields.
const MAX_DEPTH: usize = 32;

/// A JSON body. Invalid input is answered 422 with the field's path.
#[derive(Debug)]
pub struct Json<T>(pub T);

/// The query of a URL. Invalid input is answered 422 with the parameter's name.
#[derive(Debug)]
pub struct Query<T>(pub T);

/// A JSON object only: serde structs also accept a list of their fields' values. [`Json`] applies it
/// to the body itself; use it for objects inside a body.
#[derive(Clone, Debug)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
            type Value = Object<T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Object<T>, M::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if is_encoded(request.headers()) {
            return Err(Problem::encoded_body());
        }
        if !is_json(request.headers()) {
            return Err(Problem::invalid(
                "body",
                "must be JSON (Content-Type: application/json)",
            ));
        }
        let read = Bytes::from_request(request, state);
        let bytes = tokio::time::timeout(BODY_TIMEOUT, read)
            .await
            .map_err(|_| Problem::body_too_slow())?
            .map_err(|rejection| unreadable_body(&rejection))?;
        json::<Object<T>>(&bytes).map(|Object(value)| Self(value))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        query(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// A body without a Content-Type is accepted as JSON.
fn is_json(headers: &HeaderMap) -> bool {
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

/// Whether the body has a `Content-Encoding` other than `identity`.
fn is_encoded(headers: &HeaderMap) -> bool {
    let is_identity = |codings: &str| {
        codings
            .split(',')
            .all(|coding| matches!(coding.trim(), "" | "identity"))
    };
    headers
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .any(|value| {
            !value
                .to_str()
                .is_ok_and(|codings| is_identity(&codings.to_ascii_lowercase()))
        })
}

fn unreadable_body(rejection: &BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::body_too_large()
    } else {
        Problem::bad_request("The body could not be read to its end.")
    }
}

fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // serde_json does not check ignored fields.
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::invalid("body", "must be UTF-8"))?;
    // A byte-order mark may be ignored (RFC 8259, 8.1).
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if is_too_deep(text) {
        let message = format!("must not be nested more than {MAX_DEPTH} deep");
        return Err(Problem::invalid("body", message));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let cause = error.into_inner();
        if cause.is_data() {
            field_error(&path, &cause.to_string())
        } else {
            // The path ends in a question mark if the field is unknown.
            let field = path.trim_end_matches('?').trim_end_matches('.');
            if cause.is_eof() || field.is_empty() {
                Problem::invalid("body", "must be one JSON value")
            } else {
                Problem::invalid(field, "is not JSON")
            }
        }
    })?;
    deserializer
        .end()
        .map_err(|_| Problem::invalid("body", "must be one JSON value"))?;
    Ok(value)
}

/// Whether arrays and objects are nested more than [`MAX_DEPTH`] deep. Valid for JSON; other input is
/// refused by the parser.
fn is_too_deep(text: &str) -> bool {
    let (mut depth, mut in_string, mut is_escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_string,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return true;
        }
    }
    false
}

fn query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let pairs = serde_urlencoded::Deserializer::new(form_pairs(query));
    serde_path_to_error::deserialize(pairs)
        .map_err(|error| field_error(&error.path().to_string(), &error.into_inner().to_string()))
}

fn form_pairs(query: &str) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(query.as_bytes())
}

/// Converts serde's message to a field error: removes the position and adds a missing field's name
/// to the path.
fn field_error(path: &str, message: &str) -> Problem {
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
    if let Some(name) = message
        .strip_prefix("duplicate field `")
        .and_then(|rest| rest.strip_suffix('`'))
    {
        return Problem::invalid(within(name), "occurs twice");
    }
    let field = if path == "." { "body" } else { path };
    Problem::invalid(field, reworded(message))
}

/// Rewords serde's messages, which name Rust types, for clients.
fn reworded(message: &str) -> String {
    let expected = message
        .split_once(", expected ")
        .map(|(_, expected)| expected);
    match expected {
        // A message without "expected" is about an invalid number in a query.
        Some("i64" | "u64" | "i32" | "u32") | None => "must be a whole number".to_owned(),
        Some("f64") => "must be a number".to_owned(),
        Some("a sequence") => "must be a list".to_owned(),
        Some("a boolean") => "must be true or false".to_owned(),
        Some(expected) => format!("must be {expected}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integer::Integer;

    #[derive(Debug, Deserialize)]
    #[serde(expecting = "an object")]
    #[expect(dead_code, reason = "only the errors matter here")]
    struct Order {
        products: Vec<Object<Line>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(expecting = "an object")]
    #[expect(dead_code, reason = "only the errors matter here")]
    struct Line {
        name: String,
        quantity: Integer,
    }

    #[test]
    fn given_bodies_of_the_wrong_shape_when_parsed_then_the_error_names_the_field() {
        let check = |body: &str, field: &str| {
            let problem = json::<Object<Order>>(body.as_bytes()).expect_err(body);
            assert_eq!(problem.status, 422, "{body}");
            assert_eq!(problem.errors[0].field, field, "{body}");
        };
        check("", "body");
        check("{", "body");
        check("[] []", "body");
        check("7", "body");
        check(r#"[[["a", 1]]]"#, "body");
        check(r#"{"products":[["a", 1]]}"#, "products[0]");
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
            r#"{"products":[{"name":"a","quantity":NaN}]}"#,
            "products[0].quantity",
        );
        check(
            r#"{"products":[{"name":"a","quantity":1e999}]}"#,
            "products[0].quantity",
        );
        check(
            r#"{"products":[{"name":"\ud800","quantity":1}]}"#,
            "products[0].name",
        );
        check(r#"{"products":[] x}"#, "body");
        check(r#"{"products":[{"name":"a",}]}"#, "products[0]");
        check(r#"{"products":[{"name":"a""#, "body");
        check(r#"{"\ud800":1}"#, "body");
        check(
            &format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)),
            "body",
        );
    }

    #[test]
    fn given_a_wrong_type_when_refused_then_the_message_is_readable() {
        let check = |body: &str, detail: &str| {
            assert_eq!(
                json::<Object<Order>>(body.as_bytes())
                    .expect_err(body)
                    .detail,
                detail
            );
        };
        check("{}", "products: is missing");
        check("7", "body: must be an object");
        check(r#"{"products":7}"#, "products: must be a list");
        check(
            r#"{"products":[{"name":7,"quantity":1}]}"#,
            "products[0].name: must be a string",
        );
        check(
            r#"{"products":[{"name":"a","quantity":"1"}]}"#,
            "products[0].quantity: must be a whole number",
        );
        check(r#"{"products":[],"products":[]}"#, "products: occurs twice");
    }

    #[test]
    fn given_a_byte_order_mark_when_it_begins_the_body_then_it_is_skipped_once() {
        let read = |body: &str| json::<Object<Order>>(body.as_bytes()).map(drop);
        assert!(read("\u{feff}{\"products\":[]}").is_ok());
        assert!(read("\u{feff}\u{feff}{\"products\":[]}").is_err());
    }

    #[test]
    fn given_content_encodings_when_checked_then_only_identity_is_accepted() {
        let check = |values: &[&'static str], expected: bool| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(
                    header::CONTENT_ENCODING,
                    http::HeaderValue::from_static(value),
                );
            }
            assert_eq!(is_encoded(&headers), expected, "{values:?}");
        };
        check(&[], false);
        check(&["identity"], false);
        check(&["Identity, identity", ""], false);
        check(&["gzip"], true);
        check(&["identity", "br"], true);
        check(&["identity,zstd"], true);
        check(&["unknown"], true);
    }

    #[test]
    fn given_an_unknown_field_when_it_is_nested_too_deep_then_the_body_is_refused() {
        let body = |depth| {
            let (open, close) = ("[".repeat(depth), "]".repeat(depth));
            format!(r#"{{"products":[],"z":{open}{close}}}"#)
        };
        let read = |body: &str| json::<Object<Order>>(body.as_bytes()).map_err(|it| it.detail);
        assert!(read(&body(MAX_DEPTH - 1)).is_ok());
        for depth in [MAX_DEPTH, 10_000] {
            let detail = "body: must not be nested more than 32 deep".to_owned();
            assert_eq!(read(&body(depth)).err(), Some(detail), "{depth}");
        }
        let brackets = format!(r#"{{"products":[],"z":"\"{}"}}"#, "[{".repeat(MAX_DEPTH));
        assert!(
            read(&brackets).is_ok(),
            "brackets inside a string do not count"
        );
        let side_by_side = format!(r#"{{"products":[],"z":[{}0]}}"#, "[],".repeat(MAX_DEPTH));
        assert!(read(&side_by_side).is_ok());
    }

    #[test]
    fn given_invalid_utf_8_when_parsed_then_it_is_refused() {
        assert_eq!(
            json::<Object<Order>>(b"{\"products\":[\"\xff\"]}")
                .expect_err("refused")
                .status,
            422
        );
    }
}
