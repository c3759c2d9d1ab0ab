//! Calls that list and add categories.

use axum::extract::State;
use domain::CategoryName;
use http::StatusCode;
use identity::{Admin, OptionalCaller};
use service_kit::extract::Json;
use service_kit::problem::Problem;

use super::App;
use super::problems::{invalid_category_name, not_created};
use super::wire::{CategoriesBody, CategoryBody};

/// Lists all categories in the order of creation.
#[utoipa::path(get, path = "/api/categories", tag = "products", operation_id = "list_categories",
    responses((status = 200, body = CategoriesBody, description = "The categories"), (status = 401, body = Problem, description = "Incorrect token"),
        (status = 503, body = Problem)))]
pub(super) async fn list(
    _: OptionalCaller,
    State(app): State<App>,
) -> Result<axum::Json<CategoriesBody>, Problem> {
    let names = app.store.all_categories().await?.into_iter();
    let categories = names.map(|name| CategoryBody { name: name.into() });
    Ok(axum::Json(CategoriesBody {
        categories: categories.collect(),
    }))
}

/// Adds a category.
#[utoipa::path(post, path = "/api/categories", tag = "products", operation_id = "create_category",
    security(("bearer" = [])), request_body = CategoryBody,
    responses((status = 201, body = CategoryBody, description = "The category"), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn create(
    Admin(admin): Admin,
    State(app): State<App>,
    Json(body): Json<CategoryBody>,
) -> Result<(StatusCode, axum::Json<CategoryBody>), Problem> {
    let name = CategoryName::parse(&body.name).map_err(invalid_category_name)?;
    let body = CategoryBody {
        name: name.as_str().to_owned(),
    };
    let created =
        app.edit(|editor| async move { editor.create_category(&admin.email, &name).await });
    created
        .await
        .map_err(|error| not_created(error, "Category already exists", "category-exists"))?;
    Ok((StatusCode::CREATED, axum::Json(body)))
}
