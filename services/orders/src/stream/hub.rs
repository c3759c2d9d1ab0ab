//! One change stream for the process, fanned out by buyer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use identity::Email;
use service_kit::health::Part;
use service_kit::lifecycle::chain;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::frame::{self, StatusChange};
use super::position::Position;
use crate::store::{Changes, ChangesError, Store};

/// How many messages a subscriber may be behind before it is cut off, to come back and resume.
const MOST_WAITING: usize = 1024;
/// How long a look for changes waits for one; also how long a stop waits for the hub.
const PAUSE: Duration = Duration::from_millis(500);
const RETRY: Duration = Duration::from_millis(100);

/// What a subscriber gets.
#[derive(Clone, Debug)]
pub enum Item {
    /// The message of a change, and the change's place.
    Change(Position, Bytes),
    /// Something may be missing; it goes on from this place.
    Reset(Position),
}

/// The subscribers, and where in history they are. Clones share it.
#[derive(Clone, Default)]
pub struct Hub {
    subscribers: Arc<Mutex<Subscribers>>,
    /// Up to here everything was handed to the subscribers; nowhere before the first look.
    position: Arc<watch::Sender<Option<Position>>>,
}

#[derive(Default)]
struct Subscribers {
    by_buyer: HashMap<Email, Vec<Subscriber>>,
    next_number: u64,
}

struct Subscriber {
    number: u64,
    items: mpsc::Sender<Item>,
}

/// What one connection gets; dropping it ends it.
pub struct Subscription {
    /// The changes after [`Subscription::start`], gapless; ends if the subscriber is too slow.
    pub items: mpsc::Receiver<Item>,
    /// Where they start.
    pub start: Position,
    hub: Hub,
    buyer: Email,
    number: u64,
}

impl Hub {
    /// Follows a buyer's orders from now on. `None` if the history cannot be read within `patience`.
    pub async fn subscribe(&self, buyer: Email, patience: Duration) -> Option<Subscription> {
        let mut position = self.position.subscribe();
        let known = tokio::time::timeout(patience, position.wait_for(Option::is_some)).await;
        drop(known.ok()?.ok()?);
        // The lock keeps the position where it is until the subscriber is in.
        let mut subscribers = self.lock();
        let start = self.position.borrow().clone()?;
        let (sender, items) = mpsc::channel(MOST_WAITING);
        let number = subscribers.next_number;
        subscribers.next_number += 1;
        subscribers
            .by_buyer
            .entry(buyer.clone())
            .or_default()
            .push(Subscriber {
                number,
                items: sender,
            });
        drop(subscribers);
        Some(Subscription {
            items,
            start,
            hub: self.clone(),
            buyer,
            number,
        })
    }

    /// Waits until everything up to `position` was handed out; `false` if that takes longer than
    /// `patience`.
    pub async fn reaches(&self, position: &Position, patience: Duration) -> bool {
        let mut current = self.position.subscribe();
        let reached =
            current.wait_for(|current| current.as_ref().is_some_and(|current| current >= position));
        tokio::time::timeout(patience, reached).await.is_ok()
    }

    /// Feeds the subscribers until `stop`, through restarts of the database.
    pub async fn run(self, store: Store, part: Part, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let from = self.position.borrow().clone();
            let outcome = match store.changes(from.as_ref(), None, PAUSE).await {
                Ok(changes) => self.follow(changes, &part, &stop).await,
                Err(error) => Err(error),
            };
            let Err(error) = outcome else { return };
            part.set(false);
            tracing::warn!(
                error = chain(&error),
                "the event stream stands still; tries again"
            );
            if matches!(error, ChangesError::Lost(_) | ChangesError::Ended) {
                self.start_again(&store).await;
            }
            tokio::select! { () = stop.cancelled() => {}, () = tokio::time::sleep(RETRY) => {} }
        }
    }

    async fn follow(
        &self,
        mut changes: Changes,
        part: &Part,
        stop: &CancellationToken,
    ) -> Result<(), ChangesError> {
        self.advance(changes.position().clone());
        part.set(true);
        while !stop.is_cancelled() {
            match changes.next().await? {
                Some(change) => self.hand_out(&change),
                None => self.advance(changes.position().clone()),
            }
        }
        Ok(())
    }

    /// The history from where we are is lost: everybody goes on from now and is told so.
    async fn start_again(&self, store: &Store) {
        let Ok(changes) = store.changes(None, None, PAUSE).await else {
            return;
        };
        let now = changes.position().clone();
        let mut subscribers = self.lock();
        for waiting in subscribers.by_buyer.values_mut() {
            waiting
                .retain(|subscriber| subscriber.items.try_send(Item::Reset(now.clone())).is_ok());
        }
        self.position.send_replace(Some(now));
    }

    fn advance(&self, position: Position) {
        let _subscribers = self.lock();
        self.position.send_if_modified(|current| {
            let further = current.as_ref() != Some(&position);
            if further {
                *current = Some(position);
            }
            further
        });
    }

    fn hand_out(&self, change: &StatusChange) {
        let mut subscribers = self.lock();
        if let Some(waiting) = subscribers.by_buyer.get_mut(&change.buyer) {
            let item = Item::Change(change.position.clone(), frame::change(change));
            // Whoever does not keep up is let go: its items end, so its connection ends.
            waiting.retain(|subscriber| subscriber.items.try_send(item.clone()).is_ok());
        }
        self.position.send_replace(Some(change.position.clone()));
    }

    fn lock(&self) -> MutexGuard<'_, Subscribers> {
        self.subscribers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Subscription {
    /// The hub that feeds it.
    pub fn hub(&self) -> &Hub {
        &self.hub
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut subscribers = self.hub.lock();
        let Some(waiting) = subscribers.by_buyer.get_mut(&self.buyer) else {
            return;
        };
        waiting.retain(|subscriber| subscriber.number != self.number);
        if waiting.is_empty() {
            subscribers.by_buyer.remove(&self.buyer);
        }
    }
}

#[cfg(test)]
mod tests {
    use events::{OrderId, OrderStatus};
    use jiff::Timestamp;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(5);

    fn position(number: u16) -> Position {
        Position::from_token_data(&format!("{number:04x}")).expect("hex")
    }

    fn email(name: &str) -> Email {
        Email::parse(&format!("{name}@example.com")).expect("an address")
    }

    fn change(number: u16, buyer: &str) -> StatusChange {
        StatusChange {
            position: position(number),
            id: OrderId::from_bytes([1; 12]),
            buyer: email(buyer),
            status: OrderStatus::Accepted,
            reason: None,
            at: Timestamp::UNIX_EPOCH,
        }
    }

    fn received(subscription: &mut Subscription) -> Vec<Position> {
        let items = std::iter::from_fn(|| subscription.items.try_recv().ok());
        let place = |item| match item {
            Item::Change(position, _) | Item::Reset(position) => position,
        };
        items.map(place).collect()
    }

    #[tokio::test]
    async fn given_subscribers_when_orders_change_then_each_hears_of_its_own_from_its_start_on() {
        let hub = Hub::default();
        hub.advance(position(1));
        let mut early = hub.subscribe(email("ada"), PATIENCE).await.expect("live");
        hub.hand_out(&change(2, "ada"));
        hub.hand_out(&change(3, "bob"));
        let mut late = hub.subscribe(email("ada"), PATIENCE).await.expect("live");
        hub.hand_out(&change(4, "ada"));
        assert_eq!(
            (early.start.clone(), received(&mut early)),
            (position(1), vec![position(2), position(4)])
        );
        assert_eq!(
            (late.start.clone(), received(&mut late)),
            (position(3), vec![position(4)])
        );
    }

    #[tokio::test]
    async fn given_a_subscriber_that_does_not_read_when_too_much_waits_then_it_is_cut_off() {
        let hub = Hub::default();
        hub.advance(position(0));
        let mut subscription = hub.subscribe(email("ada"), PATIENCE).await.expect("live");
        let count = u16::try_from(MOST_WAITING).expect("small") + 1;
        for number in 1..=count {
            hub.hand_out(&change(number, "ada"));
        }
        assert_eq!(received(&mut subscription).len(), MOST_WAITING);
        assert!(subscription.items.is_closed());
    }

    #[tokio::test]
    async fn given_a_subscriber_when_it_goes_then_the_hub_forgets_it() {
        let hub = Hub::default();
        hub.advance(position(1));
        let first = hub.subscribe(email("ada"), PATIENCE).await.expect("live");
        let second = hub.subscribe(email("ada"), PATIENCE).await.expect("live");
        drop(first);
        assert_eq!(hub.lock().by_buyer.values().map(Vec::len).sum::<usize>(), 1);
        drop(second);
        assert!(hub.lock().by_buyer.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn given_a_history_that_cannot_be_read_when_somebody_subscribes_then_it_is_said() {
        assert!(
            Hub::default()
                .subscribe(email("ada"), PATIENCE)
                .await
                .is_none()
        );
    }
}
