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
    /// `ProductState`: products → orders. Compacted: it keeps the last state of each product.
    pub product_states: String,
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
            product_states: topic("product-states"),
            dead_letters: topic("dead-letters"),
        }
    }

    /// The topic of an event.
    pub fn of(&self, event: &Event) -> &str {
        match event {
            Event::ProductCreate { .. } | Event::ProductsQuantityUpdate { .. } => &self.products,
            Event::OrderCreate { .. } => &self.orders,
            Event::OrderStatusUpdate { .. } => &self.order_status,
            Event::ProductState { .. } => &self.product_states,
        }
    }

    /// All topics.
    pub fn all(&self) -> [&str; 5] {
        [
            &self.products,
            &self.orders,
            &self.order_status,
            &self.product_states,
            &self.dead_letters,
        ]
    }
}
