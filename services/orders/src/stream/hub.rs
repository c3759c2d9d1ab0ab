//! One change stream for the process, fanned out by buyer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use domain::Email;
use runtime::health::Part;
use runtime::lifecycle::error_chain;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::frame::{self, StatusChange};
use super::position::Position;
use crate::store::{Changes, ChangesError, Store};

/// How many messages a subscriber may be behind before it is cut off, to come back and resume.
const MOST_WAITING: usize = 1024;
/// How many streams a buyer may have open here: windows of the page, and some more.
const MOST_OF_A_BUYER: usize = 16;
/// How long a look for changes waits for one; also how long a stop waits for the hub.
const PAUSE: Duration = Duration::from_millis(500);
const RETRY: Duration = Duration::from_millis(100);
/// How long the hub goes on reading when nobody listens any more. Reading a
/// change costs the database a third of what making it did (measured, 20,000 changes).
const LINGER: Duration = Duration::from_secs(10);

/// Why somebody cannot follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotFollowed {
    /// The database is away or slow.
    #[error("the history of changes cannot be read now")]
    Unavailable,
    /// Each of them takes memory and reads the past, so nobody may have any number of them.
    #[error("the buyer has {MOST_OF_A_BUYER} streams open already")]
    TooMany,
}

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
    /// Up to here everything was handed to the subscribers; nowhere before the first look, and
    /// while nobody listens.
    position: Arc<watch::Sender<Option<Position>>>,
    /// Somebody wants to listen, and nobody did.
    wanted: Arc<Notify>,
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

impl Subscribers {
    /// One more of this buyer's, by its number.
    fn add(&mut self, buyer: &Email) -> Result<(u64, mpsc::Receiver<Item>), NotFollowed> {
        let of_buyer = self.by_buyer.entry(buyer.clone()).or_default();
        if of_buyer.len() >= MOST_OF_A_BUYER {
            return Err(NotFollowed::TooMany);
        }
        let (sender, items) = mpsc::channel(MOST_WAITING);
        let number = self.next_number;
        self.next_number += 1;
        of_buyer.push(Subscriber {
            number,
            items: sender,
        });
        Ok((number, items))
    }
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
    /// Follows a buyer's orders from now on, unless the history cannot be read within `patience`
    /// or the buyer follows in too many places.
    pub async fn subscribe(
        &self,
        buyer: Email,
        patience: Duration,
    ) -> Result<Subscription, NotFollowed> {
        tokio::time::timeout(patience, self.join(buyer))
            .await
            .unwrap_or(Err(NotFollowed::Unavailable))
    }

    async fn join(&self, buyer: Email) -> Result<Subscription, NotFollowed> {
        loop {
            if self.position.borrow().is_none() {
                self.wanted.notify_one();
            }
            drop(
                self.position
                    .subscribe()
                    .wait_for(Option::is_some)
                    .await
                    .map_err(|_| NotFollowed::Unavailable)?,
            );
            // The lock keeps the position where it is until the subscriber is in.
            let mut subscribers = self.lock();
            let Some(start) = self.position.borrow().clone() else {
                continue;
            };
            let (number, items) = subscribers.add(&buyer)?;
            return Ok(Subscription {
                items,
                start,
                hub: self.clone(),
                buyer,
                number,
            });
        }
    }

    /// Waits until everything up to `position` was handed out; `false` if that takes longer than
    /// `patience`.
    pub async fn reaches(&self, position: &Position, patience: Duration) -> bool {
        let mut current = self.position.subscribe();
        let reached =
            current.wait_for(|current| current.as_ref().is_some_and(|current| current >= position));
        tokio::time::timeout(patience, reached).await.is_ok()
    }

    /// Feeds the subscribers until `stop`, through restarts of the database. While there are
    /// none it does not read.
    pub async fn run(self, store: Store, part: Part, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let from = self.position.borrow().clone();
            let outcome = match store.changes(from.as_ref(), None, PAUSE).await {
                Ok(changes) => self.follow(changes, &part, &stop).await,
                Err(error) => Err(error),
            };
            let Err(error) = outcome else {
                tokio::select! { () = stop.cancelled() => {}, () = self.wanted.notified() => {} }
                continue;
            };
            part.set(false);
            tracing::warn!(
                error = error_chain(&error),
                "the event stream stands still; tries again"
            );
            if matches!(error, ChangesError::Lost(_) | ChangesError::Ended) {
                self.start_again(&store).await;
            }
            tokio::select! { () = stop.cancelled() => {}, () = tokio::time::sleep(RETRY) => {} }
        }
    }

    /// Follows the history until `stop`, or until nobody has listened for a while.
    async fn follow(
        &self,
        mut changes: Changes,
        part: &Part,
        stop: &CancellationToken,
    ) -> Result<(), ChangesError> {
        self.advance(changes.position().clone());
        part.set(true);
        let mut wanted_at = Instant::now();
        while !stop.is_cancelled() {
            let change;
            (changes, change) = changes.next().await?;
            let wanted = match change {
                Some(change) => self.hand_out(&change),
                None => self.advance(changes.position().clone()),
            };
            if wanted {
                wanted_at = Instant::now();
            } else if wanted_at.elapsed() > LINGER && self.fall_asleep() {
                break;
            }
        }
        Ok(())
    }

    /// Forgets where it was, unless somebody has come.
    fn fall_asleep(&self) -> bool {
        let subscribers = self.lock();
        let alone = subscribers.by_buyer.is_empty();
        if alone {
            self.position.send_replace(None);
        }
        alone
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

    /// Nothing happened up to `position`. Says whether anybody listens.
    fn advance(&self, position: Position) -> bool {
        let subscribers = self.lock();
        self.position.send_if_modified(|current| {
            let further = current.as_ref() != Some(&position);
            if further {
                *current = Some(position);
            }
            further
        });
        !subscribers.by_buyer.is_empty()
    }

    /// Hands a change to those whom it concerns. Says whether anybody listens.
    fn hand_out(&self, change: &StatusChange) -> bool {
        let mut subscribers = self.lock();
        if let Some(waiting) = subscribers.by_buyer.get_mut(&change.buyer) {
            let item = Item::Change(change.position.clone(), frame::change(change));
            // Whoever does not keep up is let go: its items end, so its connection ends.
            waiting.retain(|subscriber| subscriber.items.try_send(item.clone()).is_ok());
        }
        self.position.send_replace(Some(change.position.clone()));
        !subscribers.by_buyer.is_empty()
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
mod tests;
