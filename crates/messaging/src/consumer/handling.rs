//! Handling a batch: retries, and the search for the events that no retry can handle.

use std::any::Any;
use std::ops::Range;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt as _;
use runtime::lifecycle::{Failure, error_chain};
use tokio_util::sync::CancellationToken;

use super::{Answer, Handler, IncomingEvent};

/// The backoff between attempts to handle a batch.
const MIN_BACKOFF: Duration = Duration::from_millis(20);
const MAX_BACKOFF: Duration = Duration::from_secs(1);

/// An event that no retry can handle.
#[derive(Debug)]
pub(super) struct Refused {
    /// Its position in the batch.
    pub(super) index: usize,
    pub(super) cause: Failure,
}

/// Handles `events` and returns those that no retry can handle; `None` if `stop` came first. A part
/// with such an event is halved until the event is alone.
pub(super) async fn handle(
    handler: &impl Handler,
    events: &[IncomingEvent],
    stop: &CancellationToken,
) -> Option<Vec<Refused>> {
    let mut refused = Vec::new();
    let whole: Range<usize> = 0..events.len();
    let mut parts = vec![whole];
    // The parts that are left are in reverse order, so that the events are handled in theirs.
    while let Some(part) = parts.pop() {
        if part.is_empty() {
            continue;
        }
        match handle_part(handler, &events[part.clone()], stop).await? {
            Ok(()) => {}
            Err(cause) if part.len() == 1 => refused.push(Refused {
                index: part.start,
                cause,
            }),
            Err(_) => {
                let middle = part.start + part.len() / 2;
                parts.push(middle..part.end);
                parts.push(part.start..middle);
            }
        }
    }
    Some(refused)
}

/// Retries with backoff until the handler is done (`Ok`) or answers that it never will be.
async fn handle_part(
    handler: &impl Handler,
    events: &[IncomingEvent],
    stop: &CancellationToken,
) -> Option<Result<(), Failure>> {
    let mut backoff = MIN_BACKOFF;
    loop {
        let cause = match answer(handler, events).await {
            Answer::Done => return Some(Ok(())),
            Answer::Never(cause) => return Some(Err(cause)),
            Answer::Later(cause) => cause,
        };
        tracing::warn!(
            error = error_chain(cause.as_ref()),
            events = events.len(),
            "cannot handle a batch of events; retrying"
        );
        tokio::select! {
            () = stop.cancelled() => return None,
            () = tokio::time::sleep(backoff) => {}
        }
        backoff = (backoff * 2).min(MAX_BACKOFF);
    }
}

/// A panic means that the handler cannot handle these events: one of them must not end the process
/// after every restart.
async fn answer(handler: &impl Handler, events: &[IncomingEvent]) -> Answer {
    let answer = AssertUnwindSafe(handler.handle(events)).catch_unwind();
    answer
        .await
        .unwrap_or_else(|panic| Answer::Never(message(panic.as_ref()).into()))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    format!("the handler panicked: {}", text.unwrap_or("no message"))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use domain::OrderId;
    use events::{Event, OrderStatus};

    use super::*;

    /// Refuses the batches that contain one of `bad`, panics on `panics`, and fails once before it
    /// handles anything.
    #[derive(Default)]
    struct Picky {
        bad: Vec<u8>,
        panics: Vec<u8>,
        failures: Mutex<usize>,
        handled: Mutex<Vec<u8>>,
    }

    impl Handler for Picky {
        async fn handle(&self, batch: &[IncomingEvent]) -> Answer {
            let ids: Vec<u8> = batch.iter().map(id).collect();
            let mut failures = self.failures.lock().expect("no panic");
            if *failures > 0 {
                *failures -= 1;
                return Answer::Later("not now".into());
            }
            drop(failures);
            assert!(!ids.iter().any(|id| self.panics.contains(id)), "a mistake");
            if ids.iter().any(|id| self.bad.contains(id)) {
                return Answer::Never("refused".into());
            }
            self.handled.lock().expect("no panic").extend(ids);
            Answer::Done
        }
    }

    fn event(id: u8) -> IncomingEvent {
        IncomingEvent {
            event: Event::OrderStatusUpdate {
                order_id: OrderId::from_bytes([id; 12]),
                status: OrderStatus::Accepted,
                reason: None,
            },
            time: None,
            traceparent: None,
        }
    }

    fn id(incoming: &IncomingEvent) -> u8 {
        match &incoming.event {
            Event::OrderStatusUpdate { order_id, .. } => order_id.bytes()[0],
            other => panic!("{other:?}"),
        }
    }

    async fn check(handler: Picky, refused: &[usize], done: &[u8]) {
        let events: Vec<IncomingEvent> = (0..10).map(event).collect();
        let found = super::handle(&handler, &events, &CancellationToken::new()).await;
        let found: Vec<usize> = found
            .expect("not stopped")
            .iter()
            .map(|one| one.index)
            .collect();
        assert_eq!(found, refused);
        assert_eq!(*handler.handled.lock().expect("no panic"), done);
    }

    #[tokio::test]
    async fn given_events_that_are_refused_when_a_batch_is_handled_then_the_others_are_handled_in_order()
     {
        check(Picky::default(), &[], &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]).await;
        let bad = Picky {
            bad: vec![3, 9],
            ..Picky::default()
        };
        check(bad, &[3, 9], &[0, 1, 2, 4, 5, 6, 7, 8]).await;
        let all = Picky {
            bad: (0..10).collect(),
            ..Picky::default()
        };
        check(all, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], &[]).await;
    }

    #[tokio::test]
    async fn given_an_event_on_which_the_handler_panics_when_handled_then_only_that_one_is_refused()
    {
        let panicking = Picky {
            panics: vec![4],
            ..Picky::default()
        };
        check(panicking, &[4], &[0, 1, 2, 3, 5, 6, 7, 8, 9]).await;
    }

    #[tokio::test]
    async fn given_failures_that_pass_when_a_batch_is_handled_then_it_is_retried_whole() {
        let failing = Picky {
            failures: Mutex::new(3),
            ..Picky::default()
        };
        check(failing, &[], &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]).await;
    }

    #[tokio::test]
    async fn given_a_failure_without_end_when_stopped_then_nothing_is_refused() {
        let handler = Picky {
            failures: Mutex::new(usize::MAX),
            ..Picky::default()
        };
        let stop = CancellationToken::new();
        stop.cancel();
        assert!(super::handle(&handler, &[event(1)], &stop).await.is_none());
    }
}
