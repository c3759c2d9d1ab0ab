//! The subscribers of a hub.

use std::collections::HashMap;

use domain::Email;
use tokio::sync::mpsc;

use super::{HubItem, MAX_BUFFERED, MAX_STREAMS_PER_BUYER, SubscribeError};

#[derive(Default)]
pub(super) struct Subscribers {
    by_buyer: HashMap<Email, Vec<Subscriber>>,
    next_number: u64,
}

struct Subscriber {
    number: u64,
    items: mpsc::Sender<HubItem>,
}

impl Subscribers {
    /// Adds a subscriber and returns its number.
    pub(super) fn add(
        &mut self,
        buyer: &Email,
    ) -> Result<(u64, mpsc::Receiver<HubItem>), SubscribeError> {
        let of_buyer = self.by_buyer.entry(buyer.clone()).or_default();
        if of_buyer.len() >= MAX_STREAMS_PER_BUYER {
            return Err(SubscribeError::TooMany);
        }
        let (sender, items) = mpsc::channel(MAX_BUFFERED);
        let number = self.next_number;
        self.next_number += 1;
        of_buyer.push(Subscriber {
            number,
            items: sender,
        });
        Ok((number, items))
    }

    pub(super) fn remove(&mut self, buyer: &Email, number: u64) {
        let Some(of_buyer) = self.by_buyer.get_mut(buyer) else {
            return;
        };
        of_buyer.retain(|subscriber| subscriber.number != number);
        if of_buyer.is_empty() {
            self.by_buyer.remove(buyer);
        }
    }

    pub(super) fn send(&mut self, buyer: &Email, item: impl FnOnce() -> HubItem) {
        if let Some(of_buyer) = self.by_buyer.get_mut(buyer) {
            send(of_buyer, &item());
        }
    }

    pub(super) fn send_to_all(&mut self, item: &HubItem) {
        for of_buyer in self.by_buyer.values_mut() {
            send(of_buyer, item);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_buyer.is_empty()
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.by_buyer.values().map(Vec::len).sum()
    }
}

/// Sends an item to each subscriber. Removes those whose buffer is full, which ends their connections.
fn send(subscribers: &mut Vec<Subscriber>, item: &HubItem) {
    subscribers.retain(|subscriber| subscriber.items.try_send(item.clone()).is_ok());
}
