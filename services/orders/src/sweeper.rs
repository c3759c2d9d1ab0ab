//! Sends `OrderCreate` again for orders that nobody has decided about for too long.

use std::time::Duration;

use domain::OrderId;
use jiff::{SignedDuration, Timestamp};
use runtime::lifecycle::error_chain;
use tokio_util::sync::CancellationToken;

use crate::announcing::{Announcer, LEASE};
use crate::store::{Store, StoreError, Which};

const INTERVAL: Duration = Duration::from_millis(500);
const MOST_AT_ONCE: i64 = 500;
/// The longest that an order waits between two sendings.
const LONGEST: SignedDuration = SignedDuration::from_mins(5);
/// No order is put off further than this by a clock that agrees with ours.
const HORIZON: SignedDuration = SignedDuration::from_secs(5 * 60 + 10);

/// Sweeps until `stop`. The first sweep takes every pending order: whoever was to send it may be
/// gone.
pub async fn run(store: Store, announcer: Announcer, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut first = true;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        match sweep(&store, &announcer, first, &stop).await {
            Ok(()) => first = false,
            Err(error) => tracing::warn!(
                error = error_chain(&error),
                "cannot look for undecided orders; tries again"
            ),
        }
    }
}

async fn sweep(
    store: &Store,
    announcer: &Announcer,
    all: bool,
    stop: &CancellationToken,
) -> Result<(), StoreError> {
    if all {
        store.make_all_due(Timestamp::now()).await?;
    }
    let mut rest_may_be_due = true;
    while rest_may_be_due && !stop.is_cancelled() {
        rest_may_be_due = send_due(store, announcer, Which::NeverSentAgain).await?;
    }
    // The broker has these. While products is away they become many, and it will have to read
    // every copy: a few at each tick are enough.
    send_due(store, announcer, Which::SentAgain).await?;
    Ok(())
}

/// Sends what is due, up to a number; `false` if nothing was, or if the broker is away.
async fn send_due(store: &Store, announcer: &Announcer, which: Which) -> Result<bool, StoreError> {
    let due = store
        .due(Timestamp::now(), HORIZON, which, MOST_AT_ONCE)
        .await?;
    if due.is_empty() {
        return Ok(false);
    }
    tracing::info!(orders = due.len(), "sends undecided orders again");
    let ids: Vec<OrderId> = due.iter().map(|order| order.id).collect();
    store
        .put_off(&ids, Timestamp::now(), LEASE, LONGEST)
        .await?;
    let acknowledged = announcer.announce(&due).await;
    let left: Vec<OrderId> = ids
        .into_iter()
        .zip(acknowledged)
        .filter(|(_, acknowledged)| !acknowledged)
        .map(|(id, _)| id)
        .collect();
    if left.is_empty() {
        return Ok(true);
    }
    store.put_back(&left, Timestamp::now()).await?;
    Ok(false)
}
