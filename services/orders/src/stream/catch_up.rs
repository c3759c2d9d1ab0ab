//! What a subscriber missed: from the last message it saw up to where the hub took over.

use std::time::Duration;

use bytes::Bytes;
use identity::Email;
use service_kit::lifecycle::chain;
use tokio::sync::{Semaphore, mpsc};

use super::frame;
use super::position::Position;
use crate::store::{Changes, ChangesError, Store};

/// After a restart everybody comes back at once, and each look into the past costs the database.
static AT_ONCE: Semaphore = Semaphore::const_new(8);
/// How long a look waits at the end of what there is.
const PAUSE: Duration = Duration::from_millis(50);
const WAITING: usize = 64;

/// A piece of the past.
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
        // The semaphore is never closed.
        let _turn = AT_ONCE.acquire().await;
        let outcome = match store.changes(Some(&from), Some(&buyer), PAUSE).await {
            Ok(changes) => tell(changes, &until, &pieces).await,
            Err(error) => Err(error),
        };
        let piece = match outcome {
            Ok(()) => Piece::Told,
            Err(ChangesError::Lost(_) | ChangesError::Ended) => Piece::Lost,
            Err(error) => {
                tracing::warn!(
                    error = chain(&error),
                    "cannot tell a subscriber what it missed"
                );
                Piece::Failed
            }
        };
        // An error means that the client has gone.
        let _ = pieces.send(piece).await;
    });
    receiver
}

async fn tell(
    mut changes: Changes,
    until: &Position,
    pieces: &mpsc::Sender<Piece>,
) -> Result<(), ChangesError> {
    while changes.position() < until && !pieces.is_closed() {
        let Some(change) = changes.next().await? else {
            continue;
        };
        if change.position > *until {
            break;
        }
        if pieces
            .send(Piece::Change(
                change.position.clone(),
                frame::change(&change),
            ))
            .await
            .is_err()
        {
            break;
        }
    }
    Ok(())
}
