//! Products.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::{CategoryName, ProductName};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use identity::{Admin, OptionalCaller};
use jiff::Timestamp;
use serde::Serialize;
use service_kit::extract::{Json, Query};
use service_kit::idempotency::IdempotencyHeader;
use service_kit::problem::Problem;
use service_kit::request_context;
use sha2::{Digest as _, Sha256};

use super::problems::store_failed;
use super::wire::{Changes, Named, NewProduct, NextCursor, ProductBody, ProductsBody, Wanted};
use super::{App, cursor};
use crate::catalogue::{self, RuleError, Sort};
use crate::search;
use crate::store::{Author, ChangeRefused, CreateRefused, Listing};

const DEFAULT_LIMIT: u32 = 20;
const MOST_WORDS: usize = 10;
const MOST_Q: usize = 200;

/// The catalogue: all of it, one product by name, a category, a search, or a page of these, in the
/// order of creation or another.
#[utoipa::path(get, path = "/api/products", tag = "products", operation_id = "list_products", params(Wanted),
    responses((status = 200, body = ProductsBody, headers(("ETag" = String))), (status = 304, description = "Unchanged"),
        (status = 401, body = Problem, description = "Incorrect token"), (status = 404, body = Problem),
        (status = 422, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn list(
    _: OptionalCaller,
    State(app): State<App>,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    if let Some(name) = &wanted.name {
        return one(&app, name, &headers).await;
    }
    let listing = listing(&wanted)?;
    let (limit, sort) = (listing.limit, listing.sort);
    let page = app
        .store
        .ask(|store| async move { store.products(&listing).await })
        .await
        .map_err(|error| store_failed(&error))?
        .ok_or_else(no_such_category)?;
    let body = json(&ProductsBody {
        products: page.products.iter().map(ProductBody::from).collect(),
        next_cursor: limit.map(|_| NextCursor(page.next.map(|place| cursor::encode(sort, &place)))),
    });
    let tag = etag(&[body.as_bytes()]);
    Ok(unless_known(&headers, tag, body))
}

async fn one(app: &App, name: &str, headers: &HeaderMap) -> Result<Response, Problem> {
    let name = ProductName::parse(name).map_err(|_| no_such_product())?;
    let found = app
        .store
        .ask(|store| async move { store.product(&name).await })
        .await
        .map_err(|error| store_failed(&error))?
        .ok_or_else(no_such_product)?;
    let tag = etag(&[&found.id, &found.version.to_be_bytes()]);
    let body = json(&ProductsBody {
        products: vec![ProductBody::from(&found.product)],
        next_cursor: None,
    });
    Ok(unless_known(headers, tag, body))
}

/// Adds a product.
#[utoipa::path(post, path = "/api/products", tag = "products", operation_id = "create_product",
    security(("bearer" = [])), request_body = NewProduct,
    responses((status = 201, body = ProductBody), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 408, body = Problem), (status = 413, body = Problem),
        (status = 422, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn create(
    Admin(admin): Admin,
    State(app): State<App>,
    Json(body): Json<NewProduct>,
) -> Result<Response, Problem> {
    let product = body
        .product
        .0
        .checked()
        .map_err(rule)?
        .ok_or_else(no_such_category)?;
    let traceparent = request_context::current_traceparent();
    let created = app.store.ask_to_change(|store| async move {
        let author = Author {
            email: admin.email.as_str(),
            key: None,
            traceparent,
        };
        store
            .create_product(&product, &author, Timestamp::now())
            .await
            .map(|()| product)
    });
    match created.await {
        Ok(product) => Ok(answer(
            StatusCode::CREATED,
            json(&ProductBody::from(&product)),
        )),
        Err(CreateRefused::Exists) => {
            Err(Problem::bad_request("Product already exists").of_kind("product-exists"))
        }
        Err(CreateRefused::UnknownCategory) => Err(no_such_category()),
        Err(CreateRefused::Store(error)) => Err(store_failed(&error)),
    }
}

/// Changes a product: description, price, categories, stock.
#[utoipa::path(patch, path = "/api/products", tag = "products", operation_id = "change_product",
    security(("bearer" = [])), request_body = Changes,
    params(Named, ("Idempotency-Key" = Option<String>, Header, description = "The same key again answers the same again")),
    responses((status = 200, body = ProductBody), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 408, body = Problem), (status = 413, body = Problem),
        (status = 422, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn change(
    Admin(admin): Admin,
    State(app): State<App>,
    key: Option<IdempotencyHeader>,
    Query(named): Query<Named>,
    Json(body): Json<Changes>,
) -> Result<Response, Problem> {
    let name = ProductName::parse(&named.name).map_err(|_| no_such_product())?;
    let change = body.checked().map_err(rule)?.ok_or_else(no_such_category)?;
    let traceparent = request_context::current_traceparent();
    let changed = app.store.ask_to_change(|store| async move {
        let author = Author {
            email: admin.email.as_str(),
            key: key.as_ref().map(|IdempotencyHeader(key)| key.as_str()),
            traceparent,
        };
        let answer = |product: &catalogue::Product| json(&ProductBody::from(product));
        store
            .change_product(&name, &change, &author, Timestamp::now(), answer)
            .await
    });
    match changed.await {
        Ok(body) => Ok(answer(StatusCode::OK, body)),
        Err(ChangeRefused::UnknownProduct) => Err(no_such_product()),
        Err(ChangeRefused::UnknownCategory) => Err(no_such_category()),
        Err(ChangeRefused::Rule(broken)) => Err(rule(broken)),
        Err(ChangeRefused::KeyReused) => Err(Problem::key_reused("change")),
        Err(ChangeRefused::Store(error)) => Err(store_failed(&error)),
    }
}

fn listing(wanted: &Wanted) -> Result<Listing, Problem> {
    let limit = match wanted.limit {
        Some(limit @ 1..=100) => Some(u32::try_from(limit).unwrap_or(DEFAULT_LIMIT)),
        Some(_) => return Err(Problem::invalid("limit", "is a whole number from 1 to 100")),
        None => wanted.cursor.as_ref().map(|_| DEFAULT_LIMIT),
    };
    let sort = wanted.sort.map(Sort::from).unwrap_or_default();
    let after = match &wanted.cursor {
        Some(text) => Some(cursor::decode(sort, text).ok_or_else(|| {
            Problem::invalid("cursor", "is not a next_cursor of ours in this order")
        })?),
        None => None,
    };
    let category = match &wanted.category_name {
        Some(name) => Some(CategoryName::parse(name).map_err(|_| no_such_category())?),
        None => None,
    };
    Ok(Listing {
        category,
        words: words(wanted.q.as_deref())?,
        in_stock: wanted.in_stock.map(bool::from),
        sort,
        after,
        limit,
    })
}

/// Nothing to search for finds everything; something without a word in it finds nothing.
fn words(q: Option<&str>) -> Result<Option<Vec<String>>, Problem> {
    let Some(q) = q.map(str::trim).filter(|q| !q.is_empty()) else {
        return Ok(None);
    };
    let words = search::words([q]);
    if q.chars().count() > MOST_Q || words.len() > MOST_WORDS {
        return Err(Problem::invalid(
            "q",
            "has at most 200 characters and 10 words",
        ));
    }
    // No word of a product begins with this, which is not alphanumeric.
    Ok(Some(if words.is_empty() {
        vec![" ".to_owned()]
    } else {
        words
    }))
}

pub(super) fn no_such_category() -> Problem {
    Problem::unknown("category")
}

fn no_such_product() -> Problem {
    Problem::unknown("product")
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "reads well as `map_err(rule)`"
)]
fn rule(broken: RuleError) -> Problem {
    Problem::bad_request(broken.to_string())
}

fn json(body: &impl Serialize) -> String {
    // Strings and finite numbers always serialise.
    serde_json::to_string(body).unwrap_or_default()
}

fn answer(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

fn etag(parts: &[&[u8]]) -> HeaderValue {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part);
    }
    let tag = format!("\"{}\"", hex::encode(&digest.finalize()[..12]));
    HeaderValue::try_from(tag).unwrap_or(HeaderValue::from_static("\"\""))
}

/// 304 if the client has this already (RFC 9110, 13.1.2: weak comparison).
fn unless_known(headers: &HeaderMap, tag: HeaderValue, body: String) -> Response {
    let known = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| {
            value
                .split(',')
                .map(|candidate| candidate.trim().trim_start_matches("W/"))
                .any(|candidate| candidate == "*" || candidate.as_bytes() == tag.as_bytes())
        });
    let caching = [
        (header::ETAG, tag),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    if known {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    (caching, answer(StatusCode::OK, body)).into_response()
}
