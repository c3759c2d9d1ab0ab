//! What a subscriber missed: from the last message it saw up to where the hub took over.

use std::time::Duration;

use bytes::Bytes;
use domain::Email;
use runtime::lifecycle::error_chain;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};

use super::frame;
use super::position::Position;
use crate::store::{Changes, ChangesError, Store};

/// After a restart everybody comes back at once, and each look into the past costs the database.
static AT_ONCE: Semaphore = Semaphore::const_new(8);
/// How long a look waits at the end of what there is.
const PAUSE: Duration = Duration::from_millis(50);
const WAITING: usize = 64;

/// A piece of the past.
#[derive(Debug)]
pub(super) enum Piece {
    /// The message of a change, and the change's place.
    Change(Position, Bytes),
    /// The past is not known any more.
    Lost,
    /// That was all.
    Told,
    /// It cannot be read now; the client has to come back.
    Failed,
}

/// Reads a buyer's changes after `from`, up to and including `until`, in a task of its own: a
/// client that goes away must not interrupt the driver in the middle of a call.
pub(super) fn read(
    store: Store,
    buyer: Email,
    from: Position,
    until: Position,
) -> mpsc::Receiver<Piece> {
    let (pieces, receiver) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        let Some(mut telling) = Telling::begin(&AT_ONCE, pieces).await else {
            return;
        };
        let outcome = match store.changes(Some(&from), Some(&buyer), PAUSE).await {
            Ok(changes) => tell(changes, &until, &mut telling).await,
            Err(error) => Err(error),
        };
        let last = match outcome {
            Ok(()) => Piece::Told,
            Err(ChangesError::Lost(_) | ChangesError::Ended) => Piece::Lost,
            Err(error) => {
                tracing::warn!(
                    error = error_chain(&error),
                    "cannot tell a subscriber what it missed"
                );
                Piece::Failed
            }
        };
        telling.send(last).await;
    });
    receiver
}

async fn tell(
    mut changes: Changes,
    until: &Position,
    telling: &mut Telling<'_>,
) -> Result<(), ChangesError> {
    while changes.position() < until && !telling.pieces.is_closed() {
        let change;
        (changes, change) = changes.next().await?;
        let Some(change) = change else { continue };
        if change.position > *until {
            break;
        }
        let message = frame::change(&change);
        telling.send(Piece::Change(change.position, message)).await;
    }
    Ok(())
}

/// A subscriber that is being told, in its turn.
struct Telling<'a> {
    pieces: mpsc::Sender<Piece>,
    turns: &'a Semaphore,
    /// The semaphore is never closed, so this is there whenever nothing is being sent and the
    /// client is there.
    turn: Option<SemaphorePermit<'a>>,
}

impl<'a> Telling<'a> {
    /// Waits for its turn; `None` once the client has gone, so that those who only knock keep
    /// nobody waiting.
    async fn begin(turns: &'a Semaphore, pieces: mpsc::Sender<Piece>) -> Option<Self> {
        let turn = tokio::select! {
            biased;
            () = pieces.closed() => return None,
            turn = turns.acquire() => turn.ok(),
        };
        Some(Self {
            pieces,
            turns,
            turn,
        })
    }

    /// Hands a piece over. While the client does not take it, it is somebody else's turn.
    async fn send(&mut self, piece: Piece) {
        let Err(TrySendError::Full(piece)) = self.pieces.try_send(piece) else {
            return;
        };
        self.turn = None;
        // An error means that the client has gone.
        if self.pieces.send(piece).await.is_ok() {
            tokio::select! {
                () = self.pieces.closed() => {}
                turn = self.turns.acquire() => self.turn = turn.ok(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn given_a_subscriber_that_does_not_read_when_told_then_others_have_their_turn() {
        let turns = Semaphore::new(1);
        let (pieces, mut read) = mpsc::channel(1);
        let mut slow = Telling::begin(&turns, pieces).await.expect("its turn");
        slow.send(Piece::Told).await;
        assert!(turns.try_acquire().is_err(), "nothing waits yet");
        let sending = slow.send(Piece::Told);
        let reading = async {
            let other = tokio::time::timeout(PAUSE, turns.acquire()).await;
            assert!(other.is_ok(), "the one who waits keeps its turn");
            assert!(read.recv().await.is_some());
        };
        tokio::join!(sending, reading);
        assert!(turns.try_acquire().is_err(), "it goes on in its turn");
    }

    #[tokio::test(start_paused = true)]
    async fn given_subscribers_that_have_gone_when_they_would_be_told_then_they_take_no_turn() {
        let turns = Semaphore::new(1);
        let gone = || mpsc::channel(1).0;
        assert!(
            Telling::begin(&turns, gone()).await.is_none(),
            "a free turn"
        );
        let _busy = turns.try_acquire().expect("nobody has it");
        let (pieces, read) = mpsc::channel(1);
        let waiting = Telling::begin(&turns, pieces);
        let (told, ()) = tokio::join!(
            tokio::time::timeout(PAUSE, waiting),
            async move { drop(read) }
        );
        assert!(told.is_ok_and(|told| told.is_none()), "it waits no longer");
    }
}
