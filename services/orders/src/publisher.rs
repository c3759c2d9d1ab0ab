//! Publishing `OrderCreate` on Kafka.

use std::sync::Arc;

use events::{Event, Message, OrderLine, OrderPlaced, PlacedStatus, Topics};
use messaging::producer::Producer;

use crate::config::SERVICE;
use crate::order::{Line, PendingOrder};
use crate::ports::Publisher;

/// Publishes orders. The same order has the same message every time. Clones share the producer.
#[derive(Clone)]
pub(crate) struct OrderPublisher {
    producer: Producer,
    topics: Arc<Topics>,
}

impl OrderPublisher {
    pub(crate) fn new(producer: Producer, topics: Topics) -> Self {
        Self {
            producer,
            topics: Arc::new(topics),
        }
    }

    fn message(&self, order: &PendingOrder) -> Message {
        Message::new(
            &self.topics,
            SERVICE,
            &order_create(order),
            order.created_at,
            order.traceparent.clone(),
        )
    }
}

impl Publisher for OrderPublisher {
    async fn publish(&self, orders: &[Arc<PendingOrder>]) -> Vec<bool> {
        let messages: Vec<Message> = orders.iter().map(|order| self.message(order)).collect();
        self.producer.publish(&messages).await
    }
}

fn order_create(order: &PendingOrder) -> Event {
    let line = |line: &Line| OrderLine {
        id: line.product,
        name: line.name.clone(),
        price: line.price,
        quantity: line.quantity,
    };
    Event::OrderCreate {
        order: OrderPlaced {
            id: order.id,
            client_email: order.buyer.as_str().to_owned(),
            cost: order.cost,
            status: PlacedStatus::Pending,
            products: order.lines.iter().map(line).collect(),
        },
    }
}
