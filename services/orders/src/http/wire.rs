//! Bodies and queries, as JSON and as the API's document describes them.

use domain::{Money, OrderId, ProductName};
use events::{Reason, ReasonCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use service_kit::extract::Object;
use utoipa::{IntoParams, ToSchema};

use crate::order::{BoughtLine, Order, PendingOrder, Status};

/// What somebody wants to order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(expecting = "an object")]
pub(super) struct PlaceOrder {
    /// At most 100 products; lines of the same product are merged.
    #[schema(min_items = 1)]
    #[schema(value_type = Vec<WantedLine>)]
    pub(super) products: Vec<Object<WantedLine>>,
}

/// So many pieces of a product.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(expecting = "an object")]
pub(super) struct WantedLine {
    /// The product's name, in whatever case.
    #[schema(example = "chair", min_length = 1, max_length = 100)]
    pub(super) name: String,
    /// How many pieces.
    #[schema(minimum = 1, maximum = 2_147_483_647, example = 2)]
    pub(super) quantity: i64,
}

/// Which part of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(expecting = "an object")]
pub(super) struct PageQuery {
    /// A page of so many orders, newest first. Without it and `cursor`: all, oldest first.
    #[param(minimum = 1, maximum = 100)]
    pub(super) limit: Option<i64>,
    /// The `next_cursor` of the page before.
    pub(super) cursor: Option<String>,
}

/// An order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Order)]
pub(super) struct OrderView {
    #[schema(value_type = String, pattern = "^[0-9a-f]{24}$", example = "71fefe4a1cad4140785928a4")]
    id: OrderId,
    /// PENDING, then ACCEPTED or REJECTED, once.
    status: StatusView,
    #[schema(value_type = f64, example = 83.94)]
    cost: Money,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was decided, if it is. The answer to placing an order, and its repeats, say what was
    /// so then and never have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    decided_at: Option<Timestamp>,
    products: Vec<LineView>,
    /// Why, if it was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Status)]
#[serde(rename_all = "UPPERCASE")]
enum StatusView {
    Pending,
    Accepted,
    Rejected,
}

/// A line of an order, at the price of its placing.
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

/// Why an order was rejected.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reason)]
pub(super) struct ReasonView {
    #[schema(value_type = String, example = "insufficient_stock")]
    code: ReasonCode,
    /// The products of which there were too few.
    #[schema(value_type = Vec<String>)]
    products: Vec<ProductName>,
}

/// All of the caller's orders.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderList)]
pub(super) struct OrderListView {
    orders: Vec<OrderView>,
    /// What the next page begins with; null on the last one. Only on pages.
    next_cursor: Option<String>,
}

impl OrderListView {
    /// A page of the list. All of it is never put together, see [`super::whole_list`].
    pub(super) fn page(orders: Vec<Order>, next_cursor: Option<String>) -> Self {
        Self {
            orders: orders.into_iter().map(OrderView::from).collect(),
            next_cursor,
        }
    }
}

impl From<&PendingOrder> for OrderView {
    fn from(order: &PendingOrder) -> Self {
        let line = |line: &events::OrderLine| LineView {
            name: line.name.clone(),
            price: line.price,
            quantity: line.quantity.get(),
        };
        Self {
            id: order.id,
            status: StatusView::Pending,
            cost: order.cost,
            created_at: order.created_at,
            decided_at: None,
            products: order.lines.iter().map(line).collect(),
            reason: None,
        }
    }
}

impl From<Order> for OrderView {
    fn from(order: Order) -> Self {
        let (status, reason) = match order.status {
            Status::Pending => (StatusView::Pending, None),
            Status::Accepted => (StatusView::Accepted, None),
            Status::Rejected(reason) => (StatusView::Rejected, reason.map(ReasonView::from)),
        };
        Self {
            id: order.id,
            status,
            cost: order.cost,
            created_at: order.created_at,
            decided_at: order.decided_at,
            products: order.lines.into_iter().map(LineView::from).collect(),
            reason,
        }
    }
}

impl From<BoughtLine> for LineView {
    fn from(line: BoughtLine) -> Self {
        Self {
            name: line.name,
            price: line.price,
            quantity: line.quantity.get(),
        }
    }
}

impl From<Reason> for ReasonView {
    fn from(reason: Reason) -> Self {
        Self {
            code: reason.code,
            products: reason.products,
        }
    }
}
