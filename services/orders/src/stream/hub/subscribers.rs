//! The subscribers of a hub.

use std::collections::HashMap;

use domain::Email;
use tokio::sync::mpsc;

use super::{HubItem, MAX_BUFFERED, MAX_STREAMS_PER_BUYER, SubscribeError, Turns};

#[derive(Default)]
pub(super) struct Subscribers {
    by_buyer: HashMap<Email, OfBuyer>,
    next_number: u64,
}

#[derive(Default)]
struct OfBuyer {
    turns: Turns,
    subscribers: Vec<Subscriber>,
}

struct Subscriber {
    number: u64,
    items: mpsc::Sender<HubItem>,
}

impl Subscribers {
    /// Adds a subscriber and returns its number, and what it shares with the buyer's others.
    pub(super) fn add(
        &mut self,
        buyer: &Email,
    ) -> Result<(u64, Turns, mpsc::Receiver<HubItem>), SubscribeError> {
        let of_buyer = self.by_buyer.entry(buyer.clone()).or_default();
        if of_buyer.subscribers.len() >= MAX_STREAMS_PER_BUYER {
            return Err(SubscribeError::TooMany);
        }
        let (sender, items) = mpsc::channel(MAX_BUFFERED);
        let number = self.next_number;
        self.next_number += 1;
        of_buyer.subscribers.push(Subscriber {
            number,
            items: sender,
        });
        Ok((number, of_buyer.turns.clone(), items))
    }

    pub(super) fn remove(&mut self, buyer: &Email, number: u64) {
        let Some(of_buyer) = self.by_buyer.get_mut(buyer) else {
            return;
        };
        of_buyer
            .subscribers
            .retain(|subscriber| subscriber.number != number);
        if of_buyer.subscribers.is_empty() {
            self.by_buyer.remove(buyer);
        }
    }

    pub(super) fn send(&mut self, buyer: &Email, item: impl FnOnce() -> HubItem) {
        if let Some(of_buyer) = self.by_buyer.get_mut(buyer) {
            send(&mut of_buyer.subscribers, &item());
        }
    }

    pub(super) fn send_to_all(&mut self, item: &HubItem) {
        for of_buyer in self.by_buyer.values_mut() {
            send(&mut of_buyer.subscribers, item);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_buyer.is_empty()
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.by_buyer
            .values()
            .map(|of_buyer| of_buyer.subscribers.len())
            .sum()
    }
}

/// Sends an item to each subscriber. Removes those whose buffer is full, which ends their connections.
fn send(subscribers: &mut Vec<Subscriber>, item: &HubItem) {
    subscribers.retain(|subscriber| subscriber.items.try_send(item.clone()).is_ok());
}
