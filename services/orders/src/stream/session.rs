//! One connection of a subscriber, from its first byte to its last.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use domain::Email;
use futures::stream::{self, Stream};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::catch_up::{self, Piece};
use super::hub::{Hub, Item, NotFollowed, Subscription};
use super::{Position, frame};
use crate::store::Store;

const HEARTBEAT: Duration = Duration::from_secs(10);
/// How much further than this process another one, which the client talked to before, can be.
const AHEAD: Duration = Duration::from_secs(3);

/// Who wants to follow what, and for how long.
pub struct Opening {
    /// Whose orders.
    pub buyer: Email,
    /// The `Last-Event-ID`, if the client sent one.
    pub last_event_id: Option<String>,
    /// How long the access token is still good for.
    pub lifetime: Duration,
    /// Ends the connection.
    pub stop: CancellationToken,
}

/// A connection's state.
struct Session {
    subscription: Subscription,
    /// What goes out before anything else.
    first: Option<Bytes>,
    past: Past,
    /// The place up to which everything was sent, or that the client says it has seen.
    seen: Position,
    ends_at: Instant,
    stop: CancellationToken,
}

enum Past {
    /// The client begins now, or everything was told.
    Told,
    /// It says that it has seen more than we have: that must show.
    Ahead,
    /// It is being told what it missed.
    Telling(mpsc::Receiver<Piece>),
}

/// What happens next on a connection.
enum Next {
    Send(Bytes),
    Nothing,
    End,
}

/// Starts to follow.
pub async fn open(
    hub: &Hub,
    store: &Store,
    opening: Opening,
) -> Result<impl Stream<Item = Result<Bytes, Infallible>> + Send + use<>, NotFollowed> {
    let ends_at = Instant::now() + opening.lifetime;
    let subscription = hub
        .subscribe(opening.buyer.clone(), store.patience())
        .await?;
    let start = subscription.start.clone();
    let (first, past, seen) = match opening.last_event_id.map(|id| Position::parse(&id)) {
        None => (frame::greeting(&start), Past::Told, start),
        Some(None) => (frame::reset(&start), Past::Told, start),
        Some(Some(seen)) if seen > start => (frame::welcome_back(), Past::Ahead, seen),
        Some(Some(seen)) => {
            let pieces = catch_up::read(store.clone(), opening.buyer, seen.clone(), start);
            (frame::welcome_back(), Past::Telling(pieces), seen)
        }
    };
    let session = Session {
        subscription,
        first: Some(first),
        past,
        seen,
        ends_at,
        stop: opening.stop,
    };
    Ok(stream::unfold(session, Session::next))
}

impl Session {
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        if let Some(first) = self.first.take() {
            return Some((Ok(first), self));
        }
        loop {
            let stop = self.stop.clone();
            let ends_at = self.ends_at;
            let next = tokio::select! {
                () = stop.cancelled() => Next::End,
                () = tokio::time::sleep_until(ends_at) => Next::End,
                () = tokio::time::sleep(HEARTBEAT) => Next::Send(frame::heartbeat()),
                next = self.news() => next,
            };
            match next {
                Next::Send(bytes) => return Some((Ok(bytes), self)),
                Next::Nothing => {}
                Next::End => return None,
            }
        }
    }

    /// What there is to tell. Cancelling it loses nothing.
    async fn news(&mut self) -> Next {
        match &mut self.past {
            Past::Told => {
                let item = self.subscription.items.recv().await;
                self.of_the_present(item)
            }
            Past::Telling(pieces) => {
                let piece = pieces.recv().await;
                self.of_the_past(piece)
            }
            Past::Ahead => {
                let shows = self.subscription.hub().reaches(&self.seen, AHEAD).await;
                self.past = Past::Told;
                if shows {
                    Next::Nothing
                } else {
                    self.reset(self.subscription.start.clone())
                }
            }
        }
    }

    fn of_the_past(&mut self, piece: Option<Piece>) -> Next {
        match piece {
            Some(Piece::Change(position, bytes)) => {
                self.seen = position;
                Next::Send(bytes)
            }
            Some(Piece::Lost) => {
                self.past = Past::Told;
                self.reset(self.subscription.start.clone())
            }
            Some(Piece::Told) => {
                self.past = Past::Told;
                Next::Nothing
            }
            Some(Piece::Failed) | None => Next::End,
        }
    }

    fn of_the_present(&mut self, item: Option<Item>) -> Next {
        match item {
            Some(Item::Change(position, _)) if position <= self.seen => Next::Nothing,
            Some(Item::Change(position, bytes)) => {
                self.seen = position;
                Next::Send(bytes)
            }
            Some(Item::Reset(position)) => self.reset(position),
            None => Next::End,
        }
    }

    fn reset(&mut self, position: Position) -> Next {
        let bytes = frame::reset(&position);
        self.seen = position;
        Next::Send(bytes)
    }
}
