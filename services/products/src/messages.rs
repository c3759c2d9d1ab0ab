//! The messages of this service.

use std::sync::Arc;

use events::{Event, Message, OrderStatus, ProductState, Reason, Topics};
use jiff::Timestamp;

use crate::config::SERVICE;
use crate::stock::Order;

/// Keeps a message far below Kafka's limit of 1 MB.
const MAX_PRODUCTS_PER_MESSAGE: usize = 200;

/// Builds messages for the topics of one shop.
#[derive(Clone)]
pub(crate) struct Messages(Arc<Topics>);

impl Messages {
    pub(crate) fn new(topics: Topics) -> Self {
        Self(Arc::new(topics))
    }

    pub(crate) fn order_decided(
        &self,
        order: &Order,
        (status, reason): (OrderStatus, Option<Reason>),
        at: Timestamp,
    ) -> Message {
        let event = Event::OrderStatusUpdate {
            order_id: order.id,
            status,
            reason,
        };
        self.message(&event, at, order.traceparent.clone())
    }

    pub(crate) fn product_created(
        &self,
        product: ProductState,
        at: Timestamp,
        traceparent: Option<String>,
    ) -> Message {
        self.message(&Event::ProductCreate { product }, at, traceparent)
    }

    /// Returns one message for each [`MAX_PRODUCTS_PER_MESSAGE`] products.
    pub(crate) fn products_changed(
        &self,
        products: &[ProductState],
        at: Timestamp,
        traceparent: Option<&str>,
    ) -> Vec<Message> {
        let messages = products.chunks(MAX_PRODUCTS_PER_MESSAGE).map(|products| {
            let products = products.to_vec();
            let event = Event::ProductsQuantityUpdate { products };
            self.message(&event, at, traceparent.map(str::to_owned))
        });
        messages.collect()
    }

    /// Returns one message for each product.
    pub(crate) fn product_states(&self, products: &[ProductState], at: Timestamp) -> Vec<Message> {
        let messages = products.iter().map(|product| {
            let product = product.clone();
            self.message(&Event::ProductState { product }, at, None)
        });
        messages.collect()
    }

    fn message(&self, event: &Event, at: Timestamp, traceparent: Option<String>) -> Message {
        Message::new(&self.0, SERVICE, event, at, traceparent)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use domain::{Money, ProductId, ProductName, Stock};
    use serde_json::Value;

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
        let messages = Messages::new(Topics::with_prefix("shop"));
        for count in [0, 1, 200, 201, 50_000] {
            let changed: Vec<ProductState> = (0..count).map(state).collect();
            let messages = messages.products_changed(&changed, Timestamp::UNIX_EPOCH, None);
            let ids: HashSet<&str> = messages.iter().map(|message| &*message.id).collect();
            assert_eq!(ids.len(), messages.len(), "each message has its own id");
            let mut published = Vec::new();
            for Message { payload, .. } in messages {
                assert!(payload.len() < 500_000, "{} bytes", payload.len());
                let event: Value = serde_json::from_str(&payload).expect("JSON");
                published.extend(event["products"].as_array().expect("a list").clone());
            }
            let changed = serde_json::to_value(changed).expect("JSON");
            assert_eq!(Value::from(published), changed);
        }
    }
}
