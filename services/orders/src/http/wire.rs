//! Bodies and queries, as JSON and as the OpenAPI document describes them.

use domain::{Money, OrderId, ProductName, rfc3339};
use events::ReasonCode;
use serde::{Deserialize, Serialize};
use service_kit::extract::Object;
use service_kit::integer::Integer;
use utoipa::{IntoParams, ToSchema};

use crate::order::{Line, Order, Outcome, PendingOrder, Rejection, Rendering, is_zero};

/// A request to place an order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(expecting = "an object")]
pub(super) struct PlaceOrder {
    /// At most 100 products; lines of the same product are merged.
    #[schema(min_items = 1)]
    #[schema(value_type = Vec<WantedLine>)]
    pub(super) products: Vec<Object<WantedLine>>,
}

/// A line of the request.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(expecting = "an object")]
pub(super) struct WantedLine {
    /// The name of the product, in any case.
    #[schema(example = "chair", min_length = 1, max_length = 100)]
    pub(super) name: String,
    /// The number of items.
    #[schema(value_type = i64, minimum = 1, maximum = 2_147_483_647, example = 2)]
    pub(super) quantity: Integer,
}

/// A page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(expecting = "an object")]
pub(super) struct PageQuery {
    /// The page size; pages are newest first. Without it and `cursor`: all orders, oldest first.
    #[param(minimum = 1, maximum = 100)]
    pub(super) limit: Option<i64>,
    /// The `next_cursor` of the previous page.
    pub(super) cursor: Option<String>,
}

/// An order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Order)]
pub(super) struct OrderView {
    #[schema(value_type = String, pattern = "^[0-9a-f]{24}$", example = "71fefe4a1cad4140785928a4")]
    id: OrderId,
    /// PENDING, then ACCEPTED or REJECTED, once. A later release may add other decisions.
    #[schema(value_type = KnownStatus)]
    status: StatusView,
    #[schema(value_type = f64, example = 59.98)]
    cost: Money,
    #[schema(format = DateTime, example = "2025-01-01T00:00:00.000Z")]
    created_at: String,
    /// When it was decided. Absent while the order is pending, and in the response to placing an order
    /// or to a repeat.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    decided_at: Option<String>,
    products: Vec<LineView>,
    /// The reason for a rejection.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonView>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum StatusView {
    Known(KnownStatus),
    Other(String),
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Status)]
#[serde(rename_all = "UPPERCASE")]
enum KnownStatus {
    Pending,
    Accepted,
    Rejected,
}

/// A line of an order, with the price when the order was placed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Line)]
pub(super) struct LineView {
    #[schema(value_type = String, example = "chair")]
    name: ProductName,
    #[schema(value_type = f64, example = 29.99)]
    price: Money,
    #[schema(minimum = 1, maximum = 2_147_483_647, example = 2)]
    quantity: u32,
}

/// The reason why an order was rejected.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reason)]
pub(super) struct ReasonView {
    #[schema(value_type = String, example = "insufficient_stock")]
    code: ReasonCode,
    /// The products with insufficient stock, at most 20 of them.
    #[schema(value_type = Vec<String>)]
    products: Vec<ProductName>,
    /// How many more products have insufficient stock; left out if there are no more.
    #[serde(skip_serializing_if = "is_zero")]
    #[schema(required = false, minimum = 1, example = 80)]
    more: u32,
}

/// All of the caller's orders.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderList)]
pub(super) struct OrderListView {
    orders: Vec<OrderView>,
    /// The cursor of the next page; null on the last page. Only on pages.
    next_cursor: Option<String>,
}

impl OrderListView {
    /// A page. The whole list is never in memory, see [`super::order_list`].
    pub(super) fn page(orders: Vec<Order>, next_cursor: Option<String>) -> Self {
        Self {
            orders: orders.into_iter().map(OrderView::from).collect(),
            next_cursor,
        }
    }
}

impl OrderView {
    /// The response to placing `order`, in the form of the first response.
    pub(super) fn placed(order: PendingOrder) -> Self {
        let created_at = match order.rendering {
            Rendering::Unversioned => order.created_at.to_string(),
            Rendering::V1 => rfc3339(order.created_at),
        };
        Self {
            created_at,
            ..order.into()
        }
    }
}

impl From<PendingOrder> for OrderView {
    fn from(order: PendingOrder) -> Self {
        Self {
            id: order.id,
            status: StatusView::Known(KnownStatus::Pending),
            cost: order.cost,
            created_at: rfc3339(order.created_at),
            decided_at: None,
            products: order.lines.into_iter().map(LineView::from).collect(),
            reason: None,
        }
    }
}

impl From<Order> for OrderView {
    fn from(order: Order) -> Self {
        match order {
            Order::Pending(order) => order.into(),
            Order::Decided(order) => {
                let (order, outcome, decided_at) = order.into_parts();
                let (status, reason) = match outcome {
                    Outcome::Accepted => (StatusView::Known(KnownStatus::Accepted), None),
                    Outcome::Rejected(reason) => (StatusView::Known(KnownStatus::Rejected), reason),
                    Outcome::Other { status, reason } => (StatusView::Other(status), reason),
                };
                Self {
                    status,
                    decided_at: decided_at.map(rfc3339),
                    reason: reason.map(ReasonView::from),
                    ..order.into()
                }
            }
        }
    }
}

impl From<Line> for LineView {
    fn from(line: Line) -> Self {
        Self {
            name: line.name,
            price: line.price,
            quantity: line.quantity.get(),
        }
    }
}

impl From<Rejection> for ReasonView {
    fn from(rejection: Rejection) -> Self {
        Self {
            code: rejection.code,
            products: rejection.products,
            more: rejection.more,
        }
    }
}
