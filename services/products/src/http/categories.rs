//! Calls that list and add categories.

use axum::Json as Answer;
use axum::extract::State;
use domain::CategoryName;
use http::StatusCode;
use identity::{Admin, OptionalCaller};
use service_kit::extract::Json;
use service_kit::problem::Problem;

use super::App;
use super::problems::{category_not_created, invalid_category_name};
use super::wire::{CategoriesBody, CategoryBody};
use crate::store;

/// Lists all categories in the order of creation.
#[utoipa::path(get, path = "/api/categories", tag = "products", operation_id = "list_categories",
    responses((status = 200, body = CategoriesBody), (status = 401, body = Problem, description = "Incorrect token"),
        (status = 503, body = Problem)))]
pub(super) async fn list(
    _: OptionalCaller,
    State(app): State<App>,
) -> Result<Answer<CategoriesBody>, Problem> {
    let found = app
        .read(|store| async move { store.all_categories().await })
        .await?;
    let categories = found
        .into_iter()
        .map(|name| CategoryBody { name: name.into() })
        .collect();
    Ok(Answer(CategoriesBody { categories }))
}

/// Adds a category.
#[utoipa::path(post, path = "/api/categories", tag = "products", operation_id = "create_category",
    security(("bearer" = [])), request_body = CategoryBody,
    responses((status = 201, body = CategoryBody), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 408, body = Problem), (status = 413, body = Problem), (status = 422, body = Problem),
        (status = 503, body = Problem)))]
pub(super) async fn create(
    _: Admin,
    State(app): State<App>,
    Json(body): Json<CategoryBody>,
) -> Result<(StatusCode, Answer<CategoryBody>), Problem> {
    let name = CategoryName::parse(&body.name).map_err(invalid_category_name)?;
    let changing = app.changing;
    let create = async move { changing.create_category(&name).await.map(|()| name) };
    let name = store::with_timeout(app.timeout, create)
        .await
        .map_err(category_not_created)?;
    let body = CategoryBody { name: name.into() };
    Ok((StatusCode::CREATED, Answer(body)))
}
