//! The common parts of all services' OpenAPI documents.

use std::path::Path;

use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use utoipa::openapi::path::PathItem;
use utoipa::openapi::{OpenApi, RefOr, Response};
use utoipa_axum::router::OpenApiRouter;

use crate::problem;

/// Returns the routes of `api`, and `GET /api-docs/openapi.json`, which serves their document.
pub fn serve<S: Clone + Send + Sync + 'static>(api: OpenApiRouter<S>) -> Router<S> {
    let document = Json(document(&api));
    let router: Router<S> = api.into();
    router.route("/api-docs/openapi.json", get(async move || document))
}

/// Returns the document of `api`.
pub fn document<S: Clone + Send + Sync + 'static>(api: &OpenApiRouter<S>) -> OpenApi {
    with_problems(api.get_openapi().clone())
}

/// Compares `document` with the `openapi.json` that is committed in `directory`; with the variable
/// `UPDATE_OPENAPI` it rewrites the file first. The error says how to update it.
pub fn check_committed(document: &impl Serialize, directory: &str) -> Result<(), String> {
    let path = Path::new(directory).join("openapi.json");
    let current = serde_json::to_string_pretty(document).map_err(|error| error.to_string())? + "\n";
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&path, &current).map_err(|error| error.to_string())?;
    }
    match std::fs::read_to_string(&path) {
        Ok(committed) if committed == current => Ok(()),
        _ => Err(format!(
            "{} is not current; run UPDATE_OPENAPI=1 cargo test",
            path.display()
        )),
    }
}

/// Gives every error response in `document` the media type of a [`problem::Problem`], so that
/// handlers declare only `body = Problem`.
fn with_problems(mut document: OpenApi) -> OpenApi {
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
