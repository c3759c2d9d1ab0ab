//! The hub: delivers the changes of one change stream to subscribers, by buyer.

mod feed;
mod subscribers;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use domain::Email;
use tokio::sync::{Notify, mpsc, watch};

use super::changes::LiveChange;
use super::cluster_time::ClusterTime;
use super::event_id::EventId;
use super::frame;
use crate::turns::Turns;
use subscribers::Subscribers;

/// The maximum number of concurrent reads of the past. After a restart all clients reconnect, and each
/// reads what it missed.
const MAX_READS: usize = 8;
/// The maximum number of messages buffered for a subscriber. A slower one is disconnected; it can
/// resume.
const MAX_BUFFERED: usize = 1024;
/// The maximum number of streams of a buyer in this process: more than a user opens windows.
const MAX_STREAMS_PER_BUYER: usize = 16;

/// Why a client cannot subscribe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SubscribeError {
    /// The database is unavailable or slow.
    #[error("cannot read the change stream now")]
    Unavailable,
    /// The buyer has too many streams. Each uses memory and may need a backfill.
    #[error("the buyer has {MAX_STREAMS_PER_BUYER} streams open")]
    TooMany,
}

/// An item for a subscriber.
#[derive(Clone, Debug)]
pub(super) enum HubItem {
    /// The message of a change.
    Change(Bytes),
    /// Changes before this position may be missing.
    Reset(ClusterTime),
}

/// The subscribers and their common position in the change stream. Clones share them.
#[derive(Clone)]
pub(crate) struct Hub {
    subscribers: Arc<Mutex<Subscribers>>,
    /// All changes up to here are delivered. `None` before the first read and while the hub is
    /// paused.
    position: Arc<watch::Sender<Option<ClusterTime>>>,
    /// Wakes the paused hub for a subscriber.
    resumed: Arc<Notify>,
    /// The turns of the subscribers at reading the past. They outlive a subscription, because its last
    /// read may still be running.
    turns: Turns,
}

impl Default for Hub {
    fn default() -> Self {
        Self {
            subscribers: Arc::default(),
            position: Arc::default(),
            resumed: Arc::default(),
            turns: Turns::new(MAX_READS),
        }
    }
}

/// A subscription. Dropping it ends it.
pub(super) struct Subscription {
    /// All changes after `start`; ends if the subscriber is too slow.
    pub(super) items: mpsc::Receiver<HubItem>,
    /// The position at which the subscription starts.
    pub(super) start: ClusterTime,
    hub: Hub,
    buyer: Email,
    number: u64,
}

impl Hub {
    /// Subscribes to the changes of a buyer's orders from now on. `Unavailable` after `timeout`.
    pub(super) async fn subscribe(
        &self,
        buyer: Email,
        timeout: Duration,
    ) -> Result<Subscription, SubscribeError> {
        tokio::time::timeout(timeout, self.join(buyer))
            .await
            .unwrap_or(Err(SubscribeError::Unavailable))
    }

    async fn join(&self, buyer: Email) -> Result<Subscription, SubscribeError> {
        loop {
            if self.position.borrow().is_none() {
                self.resumed.notify_one();
            }
            drop(
                self.position
                    .subscribe()
                    .wait_for(Option::is_some)
                    .await
                    .map_err(|_| SubscribeError::Unavailable)?,
            );
            // While the lock is held, the position does not change.
            let mut subscribers = self.lock();
            let Some(start) = *self.position.borrow() else {
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

    /// Waits until the hub has reached `position`; `false` after `timeout`.
    async fn reaches(&self, position: ClusterTime, timeout: Duration) -> bool {
        let mut current = self.position.subscribe();
        let reached =
            current.wait_for(|current| current.is_some_and(|current| current >= position));
        tokio::time::timeout(timeout, reached).await.is_ok()
    }

    /// Pauses the hub, unless there are subscribers. Returns whether it is paused.
    fn pause(&self) -> bool {
        let subscribers = self.lock();
        let is_paused = subscribers.is_empty();
        if is_paused {
            self.position.send_replace(None);
        }
        is_paused
    }

    /// Sets the position and makes all subscribers read the list again.
    fn reset(&self, position: ClusterTime) {
        let mut subscribers = self.lock();
        subscribers.send_to_all(&HubItem::Reset(position));
        self.position.send_replace(Some(position));
    }

    /// Sets the position after a read without a change. Returns whether there are subscribers.
    fn advance(&self, position: ClusterTime) -> bool {
        let subscribers = self.lock();
        self.position.send_if_modified(|current| {
            let is_new = *current != Some(position);
            if is_new {
                *current = Some(position);
            }
            is_new
        });
        !subscribers.is_empty()
    }

    /// Delivers a change to the subscribers of its buyer. Returns whether there are subscribers.
    fn deliver(&self, live: &LiveChange) -> bool {
        let mut subscribers = self.lock();
        subscribers.send(&live.buyer, || {
            HubItem::Change(frame::change(
                &live.change,
                EventId::complete(live.committed),
            ))
        });
        self.position.send_replace(Some(live.committed));
        !subscribers.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Subscribers> {
        self.subscribers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Subscription {
    /// The turns at reading the past.
    pub(super) fn turns(&self) -> Turns {
        self.hub.turns.clone()
    }

    /// The time up to which the subscriber has taken all changes; `None` while some wait for it.
    pub(super) fn caught_up(&self) -> Option<ClusterTime> {
        // While the lock is held, nothing is delivered.
        let _subscribers = self.hub.lock();
        let position = *self.hub.position.borrow();
        position.filter(|_| self.items.is_empty())
    }

    /// Waits until the hub has reached `position`, and moves the start of the subscription there or
    /// behind it. `false` after `timeout`.
    pub(super) async fn restart_at(&mut self, position: ClusterTime, timeout: Duration) -> bool {
        if !self.hub.reaches(position, timeout).await {
            return false;
        }
        // While the lock is held, nothing is delivered.
        let _subscribers = self.hub.lock();
        let Some(start) = *self.hub.position.borrow() else {
            return false;
        };
        while self.items.try_recv().is_ok() {}
        self.start = start;
        true
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.hub.lock().remove(&self.buyer, self.number);
    }
}

#[cfg(test)]
mod tests;
