//! What the API documents of all services have in common.

use utoipa::openapi::path::PathItem;
use utoipa::openapi::{OpenApi, RefOr, Response};

use crate::problem;

/// Gives every error in `document` the media type that a [`problem::Problem`] has, so that a
/// handler's description says `body = Problem` and no more.
#[must_use]
pub fn with_problems(mut document: OpenApi) -> OpenApi {
    for response in document.paths.paths.values_mut().flat_map(errors) {
        if let Some(body) = response.content.shift_remove("application/json") {
            response.content.insert(problem::MEDIA_TYPE.into(), body);
        }
    }
    document
}

fn errors(path: &mut PathItem) -> impl Iterator<Item = &mut Response> {
    [
        &mut path.get,
        &mut path.post,
        &mut path.put,
        &mut path.patch,
        &mut path.delete,
    ]
    .into_iter()
    .flatten()
    .flat_map(|operation| &mut operation.responses.responses)
    .filter(|(status, _)| status.starts_with(['4', '5']))
    .filter_map(|(_, response)| match response {
        RefOr::T(response) => Some(response),
        RefOr::Ref(_) => None,
    })
}
