//! Placing orders, and the caller's own.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use identity::Caller;
use jiff::Timestamp;
use service_kit::extract::{Json, Object, Query};
use service_kit::idempotency::IdempotencyHeader;
use service_kit::problem::Problem;
use service_kit::request_context;

use super::wire::{OrderListView, OrderView, PageQuery, PlaceOrder};
use super::{App, cursor, whole_list};
use crate::lines::Lines;
use crate::order::{Order, Place};
use crate::placing::Placement;

const DEFAULT_LIMIT: u32 = 20;
const GREATEST_LIMIT: u32 = 100;

/// Places an order. It is PENDING until the stock has been asked, which takes a moment.
#[utoipa::path(post, path = "/api/orders", tag = "orders", operation_id = "place_order",
    security(("bearer" = [])),
    params(("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
        description = "The caller's own name for this order: a repeat is answered as the first time")),
    request_body = PlaceOrder,
    responses(
        (status = 201, body = OrderView),
        (status = 400, body = Problem, description = "A rule is broken"),
        (status = 401, body = Problem),
        (status = 404, body = Problem,
            description = "No such product, or not so many pieces (/problems/insufficient-stock)"),
        (status = 408, body = Problem), (status = 413, body = Problem),
        (status = 422, body = Problem,
            description = "Not of the right shape, or the key was used for another order"),
        (status = 503, body = Problem)))]
pub(super) async fn place(
    caller: Caller,
    State(app): State<App>,
    key: Option<IdempotencyHeader>,
    Json(body): Json<PlaceOrder>,
) -> Result<impl IntoResponse, Problem> {
    let placement = Placement {
        key: key.map(|IdempotencyHeader(key)| key),
        lines: Lines::merge(
            body.products
                .iter()
                .map(|Object(line)| (line.name.as_str(), line.quantity)),
        )?,
        buyer: caller.email,
        now: Timestamp::now(),
        traceparent: request_context::current_traceparent(),
    };
    let order = app.counter.place(placement).await?;
    let location = [(header::LOCATION, format!("/api/orders/{}", order.id))];
    Ok((
        StatusCode::CREATED,
        location,
        axum::Json(OrderView::from(&*order)),
    ))
}

/// The caller's own orders: all in the order of placing, or a page, newest first.
#[utoipa::path(get, path = "/api/orders", tag = "orders", operation_id = "list_orders",
    security(("bearer" = [])), params(PageQuery),
    responses(
        (status = 200, body = OrderListView),
        (status = 401, body = Problem),
        (status = 422, body = Problem),
        (status = 503, body = Problem)))]
pub(super) async fn list(
    caller: Caller,
    State(app): State<App>,
    Query(query): Query<PageQuery>,
) -> Result<Response, Problem> {
    if query.limit.is_none() && query.cursor.is_none() {
        return whole_list::answer(app.store.all_orders(&caller.email)).await;
    }
    let limit = limit(query.limit)?;
    let place = query.cursor.as_deref().map(place_of).transpose()?;
    // One more than asked for, to know whether there is a next page.
    let mut orders = app
        .store
        .orders_below(&caller.email, place, limit + 1)
        .await?;
    let next = if orders.len() > limit as usize {
        orders.truncate(limit as usize);
        orders.last().map(|last: &Order| {
            cursor::write(Place {
                created_at: last.created_at,
                id: last.id,
            })
        })
    } else {
        None
    };
    Ok(axum::Json(OrderListView::page(orders, next)).into_response())
}

/// One of the caller's own orders.
#[utoipa::path(get, path = "/api/orders/{id}", tag = "orders", operation_id = "get_order",
    security(("bearer" = [])), params(("id" = String, Path, description = "The order's id")),
    responses(
        (status = 200, body = OrderView),
        (status = 401, body = Problem),
        (status = 404, body = Problem, description = "No such order, or somebody else's"),
        (status = 503, body = Problem)))]
pub(super) async fn show(
    caller: Caller,
    State(app): State<App>,
    id: Result<Path<String>, PathRejection>,
) -> Result<axum::Json<OrderView>, Problem> {
    let missing = || Problem::unknown("order");
    let id = id
        .ok()
        .and_then(|Path(id)| id.parse().ok())
        .ok_or_else(missing)?;
    let order = app
        .store
        .order(&caller.email, id)
        .await?
        .ok_or_else(missing)?;
    Ok(axum::Json(order.into()))
}

fn limit(wanted: Option<i64>) -> Result<u32, Problem> {
    let Some(wanted) = wanted else {
        return Ok(DEFAULT_LIMIT);
    };
    u32::try_from(wanted)
        .ok()
        .filter(|limit| (1..=GREATEST_LIMIT).contains(limit))
        .ok_or_else(|| Problem::invalid("limit", "must be from 1 to 100"))
}

fn place_of(word: &str) -> Result<Place, Problem> {
    cursor::read(word).ok_or_else(|| Problem::invalid("cursor", "is not the next_cursor of a page"))
}
