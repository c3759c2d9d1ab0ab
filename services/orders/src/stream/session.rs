//! One connection of a subscriber.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use domain::Email;
use futures::stream::{self, Stream};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::backfill::{Backfill, BackfillItem};
use super::changes::History;
use super::cluster_time::ClusterTime;
use super::event_id::EventId;
use super::frame;
use super::hub::{Hub, HubItem, SubscribeError, Subscription};

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

struct Session<H> {
    history: H,
    buyer: Email,
    subscription: Subscription,
    /// The first message, until it is sent.
    first: Option<Bytes>,
    phase: Phase,
    ends_at: Instant,
    stop: CancellationToken,
}

enum Phase {
    /// The client receives the changes of the hub.
    Live,
    /// The client resumes. It may be ahead of the hub, or its id forged.
    Resuming(EventId),
    /// The client receives the changes that it missed.
    Backfill(mpsc::Receiver<BackfillItem>),
}

enum Next {
    Send(Bytes),
    Heartbeat,
    Continue,
    End,
}

/// Opens an event stream. Fails with `SubscribeError::Unavailable` after `timeout`.
pub(crate) async fn open<H: History>(
    hub: &Hub,
    history: &H,
    request: StreamRequest,
    timeout: Duration,
) -> Result<impl Stream<Item = Result<Bytes, Infallible>> + Send + use<H>, SubscribeError> {
    let ends_at = Instant::now() + request.lifetime;
    let subscription = hub.subscribe(request.buyer.clone(), timeout).await?;
    let start = EventId::complete(subscription.start);
    let (first, phase) = match request.last_event_id.map(|id| EventId::parse(&id)) {
        None => (frame::greeting(start), Phase::Live),
        Some(None) => (frame::reset(start), Phase::Live),
        Some(Some(received)) => (frame::resumed(), Phase::Resuming(received)),
    };
    let session = Session {
        history: history.clone(),
        buyer: request.buyer,
        subscription,
        first: Some(first),
        phase,
        ends_at,
        stop: request.stop,
    };
    Ok(stream::unfold(session, Session::next))
}

impl<H: History> Session<H> {
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
                () = tokio::time::sleep(HEARTBEAT_INTERVAL) => Next::Heartbeat,
                next = self.next_item() => next,
            };
            match next {
                Next::Send(bytes) => return Some((Ok(bytes), self)),
                Next::Heartbeat => return Some((Ok(self.heartbeat()), self)),
                Next::Continue => {}
                Next::End => return None,
            }
        }
    }

    fn heartbeat(&self) -> Bytes {
        let is_live = matches!(self.phase, Phase::Live);
        let received = is_live.then(|| self.subscription.caught_up()).flatten();
        frame::heartbeat(received.map(EventId::complete))
    }

    /// Waits for the next item. Cancelling it loses nothing.
    async fn next_item(&mut self) -> Next {
        match &mut self.phase {
            Phase::Live => match self.subscription.items.recv().await {
                Some(HubItem::Change(bytes)) => Next::Send(bytes),
                Some(HubItem::Reset(position)) => self.reset(position),
                None => Next::End,
            },
            Phase::Resuming(received) => {
                let received = *received;
                self.start_backfill(received).await
            }
            Phase::Backfill(items) => match items.recv().await {
                Some(BackfillItem::Change(bytes)) => Next::Send(bytes),
                Some(BackfillItem::Done) => {
                    self.phase = Phase::Live;
                    Next::Continue
                }
                Some(BackfillItem::Lost) | None => self.reset(self.subscription.start),
            },
        }
    }

    async fn start_backfill(&mut self, received: EventId) -> Next {
        let latest = received.latest();
        if latest > self.subscription.start && !self.subscription.restart_at(latest, MAX_LAG).await
        {
            return self.reset(self.subscription.start);
        }
        let backfill = Backfill {
            history: self.history.clone(),
            buyer: self.buyer.clone(),
            turns: self.subscription.turns(),
            received,
            until: self.subscription.start,
        };
        self.phase = Phase::Backfill(backfill.start());
        Next::Continue
    }

    /// Continues with the changes of the hub, which were committed after `position`.
    fn reset(&mut self, position: ClusterTime) -> Next {
        self.phase = Phase::Live;
        Next::Send(frame::reset(EventId::complete(position)))
    }
}
