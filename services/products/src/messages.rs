//! The messages of this service.

use std::sync::Arc;

use domain::OrderId;
use events::{Event, Message, OrderStatus, ProductState, Reason, ReasonCode, Topics};
use jiff::Timestamp;

use crate::config::SERVICE;
use crate::stock::Outcome;

/// Keeps a message far below Kafka's limit of 1 MB.
pub(crate) const MAX_PRODUCTS_PER_MESSAGE: usize = 200;

/// Builds messages for the topics of one shop.
#[derive(Clone)]
pub(crate) struct Messages {
    topics: Arc<Topics>,
}

impl Messages {
    pub(crate) fn new(topics: Topics) -> Self {
        Self {
            topics: Arc::new(topics),
        }
    }

    /// Returns the message about a decision.
    pub(crate) fn order_decided(
        &self,
        order: OrderId,
        outcome: &Outcome,
        at: Timestamp,
        traceparent: Option<String>,
    ) -> Message {
        let (status, reason) = match outcome {
            Outcome::Accepted => (OrderStatus::Accepted, None),
            Outcome::Rejected(products) => (
                OrderStatus::Rejected,
                Some(Reason {
                    code: ReasonCode::InsufficientStock,
                    products: products.clone(),
                }),
            ),
        };
        let event = Event::OrderStatusUpdate {
            order_id: order,
            status,
            reason,
        };
        self.message(&event, at, traceparent)
    }

    /// Returns the message about a new product.
    pub(crate) fn product_created(
        &self,
        product: ProductState,
        at: Timestamp,
        traceparent: Option<String>,
    ) -> Message {
        self.message(&Event::ProductCreate { product }, at, traceparent)
    }

    /// Returns the message about at most [`MAX_PRODUCTS_PER_MESSAGE`] products.
    pub(crate) fn products_changed(
        &self,
        products: Vec<ProductState>,
        at: Timestamp,
        traceparent: Option<String>,
    ) -> Message {
        let event = Event::ProductsQuantityUpdate { products };
        self.message(&event, at, traceparent)
    }

    /// Returns the messages about any number of products.
    pub(crate) fn all_products_changed(
        &self,
        products: &[ProductState],
        at: Timestamp,
    ) -> impl Iterator<Item = Message> {
        quantity_updates(products).map(move |event| self.message(&event, at, None))
    }

    fn message(&self, event: &Event, at: Timestamp, traceparent: Option<String>) -> Message {
        Message::new(&self.topics, SERVICE, event, at, traceparent)
    }
}

fn quantity_updates(products: &[ProductState]) -> impl Iterator<Item = Event> {
    products
        .chunks(MAX_PRODUCTS_PER_MESSAGE)
        .map(|products| Event::ProductsQuantityUpdate {
            products: products.to_vec(),
        })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use domain::{Money, ProductId, ProductName, Stock};

    use super::*;

    fn state(number: u16) -> ProductState {
        let mut id = [0; 12];
        id[..2].copy_from_slice(&number.to_be_bytes());
        ProductState {
            id: ProductId::from_bytes(id),
            name: ProductName::parse(&"𝒳".repeat(100)).expect("a name"),
            price: Money::MAX,
            quantity: Stock::try_from(i64::from(i32::MAX)).expect("a stock"),
            version: u64::MAX,
        }
    }

    #[test]
    fn given_any_number_of_products_when_published_then_each_is_in_one_message_that_kafka_accepts()
    {
        for count in [0, 1, 200, 201, 50_000] {
            let changed: Vec<ProductState> = (0..count).map(state).collect();
            let events: Vec<Event> = quantity_updates(&changed).collect();
            let ids: HashSet<String> = events.iter().map(Event::id).collect();
            assert_eq!(ids.len(), events.len(), "each message has its own id");
            let mut published = Vec::new();
            for event in events {
                let length = serde_json::to_vec(&event).expect("JSON").len();
                assert!(length < 500_000, "{length} bytes");
                if let Event::ProductsQuantityUpdate { products } = event {
                    published.extend(products);
                }
            }
            assert_eq!(published, changed);
        }
    }
}
