//! The topic names.

use crate::kinds::Event;

/// The topics of one shop, which share a prefix (default `shop`).
#[derive(Clone, Debug)]
pub struct Topics {
    /// `ProductCreate` and `ProductsQuantityUpdate`: products → orders.
    pub products: String,
    /// `OrderCreate`: orders → products.
    pub orders: String,
    /// `OrderStatusUpdate`: products → orders.
    pub order_status: String,
    /// Messages that could not be read, with the reason in their headers.
    pub dead_letters: String,
}

impl Topics {
    /// The topics with this prefix.
    pub fn with_prefix(prefix: &str) -> Self {
        let topic = |name: &str| format!("{prefix}.{name}");
        Self {
            products: topic("products"),
            orders: topic("orders"),
            order_status: topic("order-status"),
            dead_letters: topic("dead-letters"),
        }
    }

    /// The topic of an event.
    pub fn of(&self, event: &Event) -> &str {
        match event {
            Event::ProductCreate { .. } | Event::ProductsQuantityUpdate { .. } => &self.products,
            Event::OrderCreate { .. } => &self.orders,
            Event::OrderStatusUpdate { .. } => &self.order_status,
        }
    }

    /// All topics.
    pub fn all(&self) -> [&str; 4] {
        [
            &self.products,
            &self.orders,
            &self.order_status,
            &self.dead_letters,
        ]
    }
}
