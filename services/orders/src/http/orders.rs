//! Placing and reading the caller's own orders.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use identity::Caller;
use service_kit::extract::{Json, Object, Query};
use service_kit::idempotency::IdempotencyHeader;
use service_kit::page;
use service_kit::problem::Problem;
use service_kit::request_context;

use super::wire::{OrderListView, OrderView, PageQuery, PlaceOrder};
use super::{App, cursor, order_list};
use crate::lines::Lines;
use crate::placing::Placement;

/// Places an order. It is PENDING until products has decided about it, which takes a moment.
#[utoipa::path(post, path = "/api/orders", tag = "orders", operation_id = "place_order",
    security(("bearer" = [])),
    params(("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
        description = "A key that the client chooses for this order; a repeat gets the same response as the first request")),
    request_body = PlaceOrder,
    responses(
        (status = 201, body = OrderView, description = "The order, which is pending"),
        (status = 400, body = Problem, description = "The order breaks a rule"),
        (status = 401, body = Problem),
        (status = 404, body = Problem,
            description = "A product does not exist, or its stock is insufficient (/problems/insufficient-stock)"),
        (status = 422, body = Problem,
            description = "The body does not match the schema, or the key was used for another order"),
        (status = 429, body = Problem,
            description = "The account has too many items in pending orders, or the order alone has too many (/problems/too-many-pending-items); or the account has too many orders in an hour (/problems/too-many-orders)"),
        (status = 503, body = Problem,
            description = "The order may have been placed; repeat the request after Retry-After with the same Idempotency-Key, which places it at most once")))]
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
                .map(|Object(line)| (line.name.as_str(), line.quantity.0)),
        )?,
        buyer: caller.email,
        traceparent: request_context::current_traceparent(),
    };
    let order = app.placements.place(placement).await?;
    let location = [(header::LOCATION, format!("/api/orders/{}", order.id))];
    Ok((
        StatusCode::CREATED,
        location,
        axum::Json(OrderView::placed(Arc::unwrap_or_clone(order))),
    ))
}

/// Returns the caller's own orders: all, oldest first, or a page, newest first.
#[utoipa::path(get, path = "/api/orders", tag = "orders", operation_id = "list_orders",
    security(("bearer" = [])), params(PageQuery),
    responses(
        (status = 200, body = OrderListView, description = "The orders"),
        (status = 401, body = Problem),
        (status = 422, body = Problem),
        (status = 503, body = Problem)))]
pub(super) async fn list(
    caller: Caller,
    State(app): State<App>,
    Query(query): Query<PageQuery>,
) -> Result<Response, Problem> {
    if query.limit.is_none() && query.cursor.is_none() {
        return order_list::respond(app.store.all_orders(&caller.email)).await;
    }
    let limit = page::limit(query.limit)?;
    let key = app.store.cursor_key().await?;
    let cursor = match &query.cursor {
        Some(text) => Some(
            cursor::decode(&key, text)
                .ok_or_else(|| Problem::invalid("cursor", "is not the next_cursor of a page"))?,
        ),
        None => None,
    };
    // One more than the limit shows whether there is a next page.
    let mut orders = app
        .store
        .orders_behind(&caller.email, cursor, limit + 1)
        .await?;
    let has_next = orders.len() > limit as usize;
    orders.truncate(limit as usize);
    let last = orders.last().filter(|_| has_next);
    let next = last.map(|last| cursor::encode(&key, last.cursor()));
    Ok(axum::Json(OrderListView::page(orders, next)).into_response())
}

/// Returns one of the caller's own orders.
#[utoipa::path(get, path = "/api/orders/{id}", tag = "orders", operation_id = "get_order",
    security(("bearer" = [])), params(("id" = String, Path, description = "The order's id")),
    responses(
        (status = 200, body = OrderView, description = "The order"),
        (status = 401, body = Problem),
        (status = 404, body = Problem, description = "The order does not exist, or belongs to another buyer"),
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
