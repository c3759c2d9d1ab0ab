//! Calls that list, add and change products.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::{CategoryName, ProductName};
use http::{HeaderMap, StatusCode, header};
use identity::{Admin, OptionalCaller};
use serde::Serialize;
use service_kit::extract::{Json, Query};
use service_kit::idempotency::IdempotencyHeader;
use service_kit::problem::Problem;
use service_kit::{page, request_context};

use super::problems::{not_created, unknown_category, unknown_product};
use super::wire::{
    Changes, ListQuery, NewProduct, NextCursor, ProductBody, ProductQuery, ProductsBody,
};
use super::{App, complete_lists, cursor, etag};
use crate::catalogue::{ChangeId, Product};
use crate::changing::ChangeRequest;
use crate::listing::{PageRequest, Selection};
use crate::search;

const MAX_WORDS: usize = 10;
const MAX_QUERY_LENGTH: usize = 200;

/// Lists products: all, one by name, a category, search results, or a page of these.
#[utoipa::path(get, path = "/api/products", tag = "products", operation_id = "list_products", params(ListQuery),
    responses((status = 200, body = ProductsBody, headers(("ETag" = String)), description = "The products"), (status = 304, description = "Unchanged"),
        (status = 401, body = Problem, description = "Incorrect token"), (status = 404, body = Problem),
        (status = 422, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn list(
    _: OptionalCaller,
    State(app): State<App>,
    headers: HeaderMap,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    if let Some(name) = &query.name {
        return one(&app, name, &headers).await;
    }
    let selection = selection(&query)?;
    if query.limit.is_none() && query.cursor.is_none() {
        return complete_lists::respond(&app, selection, &headers).await;
    }
    page(&app, selection, &query, &headers).await
}

async fn page(
    app: &App,
    selection: Selection,
    query: &ListQuery,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let (sort, limit) = (selection.sort, page::limit(query.limit)?);
    let key = app.store.cursor_key().await?;
    let after = match &query.cursor {
        Some(text) => Some(cursor::decode(&key, sort, text).ok_or_else(|| {
            Problem::invalid("cursor", "must be a next_cursor of the same sort order")
        })?),
        None => None,
    };
    let page = app.store.page(PageRequest {
        selection,
        after,
        limit,
    });
    let page = page.await?;
    let next = page.next.map(|next| cursor::encode(&key, sort, &next));
    let body = json(&ProductsBody {
        products: page.products.iter().map(ProductBody::from).collect(),
        next_cursor: Some(NextCursor(next)),
    });
    let tag = etag::of(&[body.as_bytes()]);
    let response = json_response(StatusCode::OK, body);
    Ok(etag::not_modified_or(headers, tag, response))
}

async fn one(app: &App, name: &str, headers: &HeaderMap) -> Result<Response, Problem> {
    let name = ProductName::parse(name).map_err(|_| unknown_product())?;
    let found = app.store.product(&name).await?;
    let found = found.ok_or_else(unknown_product)?;
    let tag = etag::of(&[&found.id.bytes(), &found.version.to_be_bytes()]);
    let body = json(&ProductsBody {
        products: vec![ProductBody::from(&found.product)],
        next_cursor: None,
    });
    let response = json_response(StatusCode::OK, body);
    Ok(etag::not_modified_or(headers, tag, response))
}

/// Adds a product.
#[utoipa::path(post, path = "/api/products", tag = "products", operation_id = "create_product",
    security(("bearer" = [])), request_body = NewProduct,
    responses((status = 201, body = ProductBody, description = "The product"), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 503, body = Problem)))]
pub(super) async fn create(
    Admin(admin): Admin,
    State(app): State<App>,
    Json(body): Json<NewProduct>,
) -> Result<Response, Problem> {
    let product = body.product.0.checked()?.ok_or_else(unknown_category)?;
    let traceparent = request_context::current_traceparent();
    let created = app.edit(|editor| async move {
        editor
            .create_product(&admin.email, product, traceparent)
            .await
    });
    let product = created
        .await
        .map_err(|error| not_created(error, "Product already exists", "product-exists"))?;
    Ok(json_response(StatusCode::CREATED, render(&product)))
}

/// Changes a product: description, price, categories, stock.
#[utoipa::path(patch, path = "/api/products", tag = "products", operation_id = "change_product",
    security(("bearer" = [])), request_body = Changes,
    params(ProductQuery, ("Idempotency-Key" = Option<String>, Header, description = "A repeat with the same key has no effect and returns the first response")),
    responses((status = 200, body = ProductBody, description = "The changed product"), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 503, body = Problem)))]
pub(super) async fn change(
    Admin(admin): Admin,
    State(app): State<App>,
    key: Option<IdempotencyHeader>,
    Query(query): Query<ProductQuery>,
    Json(body): Json<Changes>,
) -> Result<Response, Problem> {
    let name = ProductName::parse(&query.name).map_err(|_| unknown_product())?;
    let change = body.checked()?.ok_or_else(unknown_category)?;
    let request = ChangeRequest {
        name,
        change,
        id: key.map(|IdempotencyHeader(key)| ChangeId(key.id_for(&admin.email))),
        admin: admin.email,
        traceparent: request_context::current_traceparent(),
    };
    let change =
        app.edit(|editor| async move { Box::pin(editor.change_product(&request, render)).await });
    let body = change.await?;
    Ok(json_response(StatusCode::OK, body))
}

fn selection(query: &ListQuery) -> Result<Selection, Problem> {
    let category = match &query.category_name {
        Some(name) => Some(CategoryName::parse(name).map_err(|_| unknown_category())?),
        None => None,
    };
    Ok(Selection {
        category,
        words: words(query.q.as_deref())?,
        in_stock: query.in_stock.map(bool::from),
        sort: query.sort.map(Into::into).unwrap_or_default(),
    })
}

/// An empty query matches every product; one without a word matches none.
fn words(q: Option<&str>) -> Result<Option<Vec<String>>, Problem> {
    let Some(q) = q.map(str::trim).filter(|q| !q.is_empty()) else {
        return Ok(None);
    };
    let words = search::words([q]);
    if q.chars().count() > MAX_QUERY_LENGTH || words.len() > MAX_WORDS {
        return Err(Problem::invalid(
            "q",
            "must have at most 200 characters and 10 words",
        ));
    }
    // No word of a product begins with a space.
    Ok(Some(if words.is_empty() {
        vec![" ".to_owned()]
    } else {
        words
    }))
}

fn render(product: &Product) -> String {
    json(&ProductBody::from(product))
}

fn json(body: &impl Serialize) -> String {
    // Strings and finite numbers always serialise.
    serde_json::to_string(body).unwrap_or_default()
}

fn json_response(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
