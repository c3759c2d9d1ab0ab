//! The ports to the broker: the outbox and the producer of `crates/messaging`.

use events::Message;
use messaging::outbox::{Outbox, Stored};
use messaging::producer::Producer;

use crate::ports::{MessageSender, Publisher};

impl Publisher for Outbox {
    type Stored = Stored;

    async fn publish(&self, stored: Stored) {
        self.publish(stored).await;
    }

    fn try_publish(&self, stored: Stored) {
        self.try_publish(stored);
    }

    fn publish_unrecorded(&self, messages: Vec<Message>) {
        self.publish_unrecorded(messages);
    }
}

impl MessageSender for Producer {
    async fn send(&self, messages: &[Message]) -> bool {
        !self.publish(messages).await.contains(&false)
    }
}
