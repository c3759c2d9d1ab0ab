//! The error responses of a document. Handlers declare only a status and `body = Problem`, and a
//! description if it says more than the one here.

use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response, ResponseBuilder};

use super::operations;
use crate::problem;

/// The error responses of every call with a body: those of [`crate::extract::Json`].
const OF_BODIES: [&str; 4] = ["408", "413", "415", "422"];

/// Adds the error responses of bodies, and completes those that handlers declare.
pub(super) fn complete(document: &mut OpenApi) {
    for operation in operations(document) {
        let responses = &mut operation.responses.responses;
        if operation.request_body.is_some() {
            for status in OF_BODIES {
                let response = responses.entry(status.to_owned());
                response.or_insert_with(|| RefOr::T(problem_response()));
            }
        }
        for (status, response) in responses {
            if let RefOr::T(response) = response {
                complete_response(status, response);
            }
        }
    }
}

fn problem_response() -> Response {
    let schema = Ref::from_schema_name("Problem");
    ResponseBuilder::new()
        .content(problem::MEDIA_TYPE, Content::new(Some(schema)))
        .build()
}

fn complete_response(status: &str, response: &mut Response) {
    if status.starts_with(['4', '5'])
        && let Some(body) = response.content.shift_remove("application/json")
    {
        response.content.insert(problem::MEDIA_TYPE.into(), body);
    }
    if response.description.is_empty() {
        description(status).clone_into(&mut response.description);
    }
}

/// What an error status means in general; empty for statuses that need a description of their own.
fn description(status: &str) -> &'static str {
    match status {
        "400" => "The request breaks a rule, which detail names",
        "401" => "The token is missing or incorrect",
        "403" => "The caller does not have the role",
        "404" => "What the request names does not exist",
        "408" => "The body was not received within the timeout",
        "413" => "The body is too large",
        "415" => "The body is compressed (Content-Encoding)",
        "422" => "The input does not match the schema",
        "429" => "Too many requests; try again after Retry-After",
        "503" => "A service or its database is unavailable; try again after Retry-After",
        _ => "",
    }
}
