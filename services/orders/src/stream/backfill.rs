//! The backfill of a subscriber: the changes between what it has received and the start of its
//! subscription.

use std::collections::HashSet;
use std::time::Duration;

use bytes::Bytes;
use domain::{Email, OrderId};
use runtime::lifecycle::error_chain;
use tokio::sync::mpsc;

use super::changes::{History, HistoryPage, PastChange};
use super::cluster_time::ClusterTime;
use super::event_id::{ChangeKey, EventId, Receipt};
use super::frame;
use crate::ports::StoreError;
use crate::turns::Turns;

/// How long a page may wait for its turn.
const TURN_TIMEOUT: Duration = Duration::from_secs(10);
/// The maximum number of messages that wait for a slow client.
const MAX_BUFFERED: usize = 16;

/// A message, or how the backfill ended.
#[derive(Debug)]
pub(super) enum BackfillItem {
    /// The message of a change.
    Change(Bytes),
    /// The rest cannot be read now.
    Lost,
    /// The backfill is complete.
    Done,
}

/// Why a backfill stops before its end.
#[derive(Debug, thiserror::Error)]
enum BackfillError {
    #[error("other streams are still being read after {TURN_TIMEOUT:?}")]
    NoTurn,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the client has disconnected")]
    Disconnected,
}

/// A backfill of one subscriber.
pub(super) struct Backfill<H> {
    pub(super) history: H,
    pub(super) buyer: Email,
    pub(super) turns: Turns,
    /// What the client has received.
    pub(super) received: EventId,
    /// The start of its subscription.
    pub(super) until: ClusterTime,
}

impl<H: History> Backfill<H> {
    /// Starts the backfill. The reader is a separate task, because cancelling a driver call, as a
    /// disconnecting client would, breaks its connection.
    pub(super) fn start(self) -> mpsc::Receiver<BackfillItem> {
        let (items, receiver) = mpsc::channel(MAX_BUFFERED);
        tokio::spawn(async move {
            let last = match self.send_missed(&items).await {
                Ok(()) => BackfillItem::Done,
                Err(BackfillError::Disconnected) => return,
                Err(error) => {
                    tracing::warn!(
                        error = error_chain(&error),
                        "cannot read the changes that a subscriber missed; resetting it"
                    );
                    BackfillItem::Lost
                }
            };
            // An error means that the client has disconnected.
            let _ = items.send(last).await;
        });
        receiver
    }

    async fn send_missed(&self, items: &mpsc::Sender<BackfillItem>) -> Result<(), BackfillError> {
        let mut next = Some(self.received.start());
        // The last message has another id, so each waits for the next one.
        let mut previous: Option<PastChange> = None;
        while let Some(start) = next {
            let page = self.read(start, items).await?;
            next = page.next;
            for change in page.changes {
                if let Some(previous) = previous.replace(change) {
                    let id = self.received.backfilled(self.until, previous.key);
                    send(items, &previous, id).await?;
                }
            }
        }
        match previous {
            Some(last) => send(items, &last, EventId::complete(self.until)).await,
            None => Ok(()),
        }
    }

    /// Reads the missed changes of one page, when it is this stream's turn.
    async fn read(
        &self,
        start: ChangeKey,
        items: &mpsc::Sender<BackfillItem>,
    ) -> Result<HistoryPage, BackfillError> {
        let _turn = tokio::select! {
            biased;
            () = items.closed() => return Err(BackfillError::Disconnected),
            turn = tokio::time::timeout(TURN_TIMEOUT, self.turns.take(&self.buyer)) => {
                turn.map_err(|_| BackfillError::NoTurn)?
            }
        };
        let page = self.history.page(&self.buyer, start, self.until).await?;
        Ok(HistoryPage {
            changes: self.missed(page.changes).await?,
            next: page.next,
        })
    }

    async fn missed(&self, mut changes: Vec<PastChange>) -> Result<Vec<PastChange>, StoreError> {
        let receipt = |change: &PastChange| self.received.receipt(change.key);
        let mut received: HashSet<OrderId> = HashSet::new();
        let mut unclear: Vec<(ClusterTime, OrderId)> = Vec::new();
        for change in &changes {
            match receipt(change) {
                Receipt::Received => drop(received.insert(change.key.order)),
                Receipt::Missed => {}
                Receipt::MissedIfAfter(time) => unclear.push((time, change.key.order)),
            }
        }
        unclear.sort_unstable();
        for at_one_time in unclear.chunk_by(|(one, _), (other, _)| one == other) {
            let orders: Vec<OrderId> = at_one_time.iter().map(|(_, order)| *order).collect();
            let pending = self.history.pending_at(&orders, at_one_time[0].0).await?;
            // A change that is received twice does less harm than one that is missed.
            if let Some(pending) = pending {
                received.extend(orders.iter().filter(|order| !pending.contains(order)));
            }
        }
        changes.retain(|change| !received.contains(&change.key.order));
        Ok(changes)
    }
}

async fn send(
    items: &mpsc::Sender<BackfillItem>,
    change: &PastChange,
    id: EventId,
) -> Result<(), BackfillError> {
    let message = frame::change(&change.change, id);
    items
        .send(BackfillItem::Change(message))
        .await
        .map_err(|_| BackfillError::Disconnected)
}

#[cfg(test)]
mod tests;
