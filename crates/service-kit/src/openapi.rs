//! The common parts of all services' OpenAPI documents.

mod examples;
mod responses;

use std::path::Path;

use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::Operation;
use utoipa_axum::router::OpenApiRouter;

/// Returns the routes of `api`, and `GET /api-docs/openapi.json`, which serves their document.
pub fn serve<S: Clone + Send + Sync + 'static>(api: OpenApiRouter<S>) -> Router<S> {
    let document = Json(document(&api));
    let router: Router<S> = api.into();
    router.route("/api-docs/openapi.json", get(async move || document))
}

/// Returns the document of `api`, completed by what is the same for all calls: error responses and
/// their descriptions, and examples.
pub fn document<S: Clone + Send + Sync + 'static>(api: &OpenApiRouter<S>) -> OpenApi {
    let mut document = api.get_openapi().clone();
    responses::complete(&mut document);
    examples::add(&mut document);
    document
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

fn operations(document: &mut OpenApi) -> impl Iterator<Item = &mut Operation> {
    document.paths.paths.values_mut().flat_map(|path| {
        [
            &mut path.get,
            &mut path.post,
            &mut path.put,
            &mut path.patch,
            &mut path.delete,
        ]
        .into_iter()
        .flatten()
    })
}
