//! Categories.

use axum::Json as Answer;
use axum::extract::State;
use domain::CategoryName;
use http::StatusCode;
use identity::{Admin, OptionalCaller};
use service_kit::extract::Json;
use service_kit::problem::Problem;

use super::App;
use super::problems::store_failed;
use super::wire::{CategoriesBody, CategoryBody};
use crate::store::CreateRefused;

/// All categories, in the order of creation.
#[utoipa::path(get, path = "/api/categories", tag = "products", operation_id = "list_categories",
    responses((status = 200, body = CategoriesBody), (status = 401, body = Problem, description = "Incorrect token"),
        (status = 503, body = Problem)))]
pub(super) async fn list(
    _: OptionalCaller,
    State(app): State<App>,
) -> Result<Answer<CategoriesBody>, Problem> {
    let found = app
        .store
        .ask(|store| async move { store.categories().await })
        .await
        .map_err(|error| store_failed(&error))?;
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
    let name =
        CategoryName::parse(&body.name).map_err(|rule| Problem::bad_request(rule.to_string()))?;
    let created = app
        .store
        .ask(|store| async move { store.create_category(&name).await.map(|()| name) });
    match created.await {
        Ok(name) => Ok((
            StatusCode::CREATED,
            Answer(CategoryBody { name: name.into() }),
        )),
        Err(CreateRefused::Exists) => {
            Err(Problem::bad_request("Category already exists").of_kind("category-exists"))
        }
        Err(CreateRefused::Store(error)) => Err(store_failed(&error)),
        Err(CreateRefused::UnknownCategory) => Err(super::products::no_such_category()),
    }
}
