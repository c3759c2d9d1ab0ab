//! One connection of a subscriber.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use domain::Email;
use futures::stream::{self, Stream};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::backfill::{self, BackfillItem};
use super::changes::ChangeSource;
use super::frame;
use super::hub::{Hub, HubItem, SubscribeError, Subscription};
use super::position::Position;

const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(10);
/// How long this process may lag behind another one, to which the client was connected before.
const MAX_LAG: Duration = Duration::from_secs(3);

/// A request for an event stream.
pub(crate) struct StreamRequest {
    pub(crate) buyer: Email,
    /// The `Last-Event-ID` header.
    pub(crate) last_event_id: Option<String>,
    /// How long the access token is still valid.
    pub(crate) lifetime: Duration,
    /// Ends the connection.
    pub(crate) stop: CancellationToken,
}

struct Session {
    subscription: Subscription,
    /// The first message, until it is sent.
    first: Option<Bytes>,
    phase: Phase,
    /// The position up to which the client has the changes.
    seen: Position,
    ends_at: Instant,
    stop: CancellationToken,
}

enum Phase {
    /// The client receives the changes of the hub.
    Live,
    /// The client is ahead of the hub, or its position is invalid.
    Ahead,
    /// The client receives the changes that it missed.
    Backfill(mpsc::Receiver<BackfillItem>),
}

enum Next {
    Send(Bytes),
    Continue,
    End,
}

/// Opens an event stream. Fails with `SubscribeError::Unavailable` after `timeout`.
pub(crate) async fn open<S: ChangeSource>(
    hub: &Hub,
    source: &S,
    request: StreamRequest,
    timeout: Duration,
) -> Result<impl Stream<Item = Result<Bytes, Infallible>> + Send + use<S>, SubscribeError> {
    let ends_at = Instant::now() + request.lifetime;
    let subscription = hub.subscribe(request.buyer.clone(), timeout).await?;
    let start = subscription.start.clone();
    let (first, phase, seen) = match request.last_event_id.map(|id| Position::parse(&id)) {
        None => (frame::greeting(&start), Phase::Live, start),
        Some(None) => (frame::reset(&start), Phase::Live, start),
        Some(Some(seen)) if seen > start => (frame::resumed(), Phase::Ahead, seen),
        Some(Some(seen)) => {
            let items = backfill::start(source.clone(), request.buyer, seen.clone(), start);
            (frame::resumed(), Phase::Backfill(items), seen)
        }
    };
    let session = Session {
        subscription,
        first: Some(first),
        phase,
        seen,
        ends_at,
        stop: request.stop,
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
                () = tokio::time::sleep(HEARTBEAT_INTERVAL) => Next::Send(frame::heartbeat()),
                next = self.next_item() => next,
            };
            match next {
                Next::Send(bytes) => return Some((Ok(bytes), self)),
                Next::Continue => {}
                Next::End => return None,
            }
        }
    }

    /// Waits for the next item. Cancelling it loses nothing.
    async fn next_item(&mut self) -> Next {
        match &mut self.phase {
            Phase::Live => {
                let item = self.subscription.items.recv().await;
                self.on_hub_item(item)
            }
            Phase::Backfill(items) => {
                let item = items.recv().await;
                self.on_backfill_item(item)
            }
            Phase::Ahead => {
                let is_valid = self.subscription.hub.reaches(&self.seen, MAX_LAG).await;
                self.phase = Phase::Live;
                if is_valid {
                    Next::Continue
                } else {
                    self.reset(self.subscription.start.clone())
                }
            }
        }
    }

    fn on_backfill_item(&mut self, item: Option<BackfillItem>) -> Next {
        match item {
            Some(BackfillItem::Change(position, bytes)) => {
                self.seen = position;
                Next::Send(bytes)
            }
            Some(BackfillItem::Lost) => {
                self.phase = Phase::Live;
                self.reset(self.subscription.start.clone())
            }
            Some(BackfillItem::Done) => {
                self.phase = Phase::Live;
                Next::Continue
            }
            Some(BackfillItem::Failed) | None => Next::End,
        }
    }

    fn on_hub_item(&mut self, item: Option<HubItem>) -> Next {
        match item {
            Some(HubItem::Change(position, _)) if position <= self.seen => Next::Continue,
            Some(HubItem::Change(position, bytes)) => {
                self.seen = position;
                Next::Send(bytes)
            }
            Some(HubItem::Reset(position)) => self.reset(position),
            None => Next::End,
        }
    }

    fn reset(&mut self, position: Position) -> Next {
        let bytes = frame::reset(&position);
        self.seen = position;
        Next::Send(bytes)
    }
}
