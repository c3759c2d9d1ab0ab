//! The backfill of a subscriber: the changes between the last message it received and the start of
//! its subscription.

use std::time::Duration;

use bytes::Bytes;
use domain::Email;
use runtime::lifecycle::error_chain;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};

use super::changes::{ChangeSource, Changes, ChangesError};
use super::frame;
use super::position::Position;

/// Limits concurrent backfills: after a restart all subscribers reconnect, and each backfill costs
/// the database a change stream.
static PERMITS: Semaphore = Semaphore::const_new(8);
/// How long a read waits for a change at the end of the change stream.
const POLL_TIMEOUT: Duration = Duration::from_millis(50);
const MAX_BUFFERED: usize = 64;

/// A status change, or how the backfill ended.
#[derive(Debug)]
pub(super) enum BackfillItem {
    /// The position and the message of a change.
    Change(Position, Bytes),
    /// The change stream does not contain the start of the backfill any more.
    Lost,
    /// The backfill is complete.
    Done,
    /// The change stream cannot be read now; the client has to reconnect.
    Failed,
}

/// Reads a buyer's changes after `from`, up to and including `until`. The reader is a separate task,
/// because cancelling a driver call, as a disconnecting client would, breaks its connection.
pub(super) fn start(
    source: impl ChangeSource,
    buyer: Email,
    from: Position,
    until: Position,
) -> mpsc::Receiver<BackfillItem> {
    let (items, receiver) = mpsc::channel(MAX_BUFFERED);
    tokio::spawn(async move {
        let Some(mut sender) = Sender::acquire(&PERMITS, items).await else {
            return;
        };
        let result = match source
            .changes(Some(&from), Some(&buyer), POLL_TIMEOUT)
            .await
        {
            Ok(changes) => send_changes(changes, &until, &mut sender).await,
            Err(error) => Err(error),
        };
        let last = match result {
            Ok(()) => BackfillItem::Done,
            Err(ChangesError::Lost(_) | ChangesError::Ended) => BackfillItem::Lost,
            Err(error) => {
                tracing::warn!(
                    error = error_chain(&error),
                    "cannot read the changes that a subscriber missed"
                );
                BackfillItem::Failed
            }
        };
        sender.send(last).await;
    });
    receiver
}

async fn send_changes(
    mut changes: impl Changes,
    until: &Position,
    sender: &mut Sender<'_>,
) -> Result<(), ChangesError> {
    while changes.position() < until && !sender.items.is_closed() {
        let change;
        (changes, change) = changes.next().await?;
        let Some(change) = change else { continue };
        if change.position > *until {
            break;
        }
        let message = frame::change(&change);
        sender
            .send(BackfillItem::Change(change.position, message))
            .await;
    }
    Ok(())
}

/// The sending half of a backfill, with its permit.
struct Sender<'a> {
    items: mpsc::Sender<BackfillItem>,
    permits: &'a Semaphore,
    /// `None` while an item waits for a slow client, and once the client has disconnected.
    permit: Option<SemaphorePermit<'a>>,
}

impl<'a> Sender<'a> {
    /// Waits for a permit; `None` if the client has disconnected, so that clients that reconnect
    /// without reading do not delay others.
    async fn acquire(permits: &'a Semaphore, items: mpsc::Sender<BackfillItem>) -> Option<Self> {
        let permit = tokio::select! {
            biased;
            () = items.closed() => return None,
            permit = permits.acquire() => permit.ok(),
        };
        Some(Self {
            items,
            permits,
            permit,
        })
    }

    /// Sends an item. While the buffer of a slow client is full, another backfill gets the permit.
    async fn send(&mut self, item: BackfillItem) {
        let Err(TrySendError::Full(item)) = self.items.try_send(item) else {
            return;
        };
        self.permit = None;
        // An error means that the client has disconnected.
        if self.items.send(item).await.is_ok() {
            tokio::select! {
                () = self.items.closed() => {}
                permit = self.permits.acquire() => self.permit = permit.ok(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn given_a_subscriber_that_does_not_read_when_backfilled_then_another_gets_the_permit() {
        let permits = Semaphore::new(1);
        let (items, mut read) = mpsc::channel(1);
        let mut slow = Sender::acquire(&permits, items).await.expect("a permit");
        slow.send(BackfillItem::Done).await;
        assert!(permits.try_acquire().is_err(), "the buffer is not full yet");
        let sending = slow.send(BackfillItem::Done);
        let reading = async {
            let other = tokio::time::timeout(POLL_TIMEOUT, permits.acquire()).await;
            assert!(other.is_ok(), "the slow subscriber keeps the permit");
            assert!(read.recv().await.is_some());
        };
        tokio::join!(sending, reading);
        assert!(
            permits.try_acquire().is_err(),
            "it continues without a permit"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn given_disconnected_subscribers_when_backfilled_then_they_take_no_permit() {
        let permits = Semaphore::new(1);
        let disconnected = || mpsc::channel(1).0;
        assert!(
            Sender::acquire(&permits, disconnected()).await.is_none(),
            "it took a free permit"
        );
        let _busy = permits.try_acquire().expect("the permit is free");
        let (items, read) = mpsc::channel(1);
        let waiting = Sender::acquire(&permits, items);
        let (sender, ()) = tokio::join!(tokio::time::timeout(POLL_TIMEOUT, waiting), async move {
            drop(read);
        });
        assert!(
            sender.is_ok_and(|sender| sender.is_none()),
            "it still waits for a permit"
        );
    }
}
