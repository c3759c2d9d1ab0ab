//! One round of placing. Whoever is dropped without an answer was not placed, as far as we know.

use std::sync::Arc;

use domain::OrderId;
use runtime::crash::crash_point;

use super::{PlacingError, Waiting, in_time, part};
use crate::announcing::{Announcer, LEASE};
use crate::checking;
use crate::order::{PendingOrder, whole_millis};
use crate::store::{Insertion, Store, StoreError};

/// Places what waits: repeats get their first answer, all of them at once, so that many of one key
/// take no place from others; the rest is checked and stored at once. What has to wait for the
/// next round is given back.
pub(super) async fn place(
    store: Store,
    announcer: Announcer,
    waiting: Vec<Waiting>,
) -> Result<Vec<Waiting>, StoreError> {
    let waiting = answer_repeats(&store, in_time(waiting)).await?;
    let (waiting, left) = part(waiting);
    let (orders, waiting) = answer_refused(&store, waiting).await?;
    if orders.is_empty() {
        return Ok(left);
    }
    crash_point("orders.before-insert");
    let insertions = store.insert(&orders, LEASE).await?;
    crash_point("orders.after-insert");
    let mut placed = Vec::with_capacity(orders.len());
    let mut met = Vec::new();
    for ((order, waiting), insertion) in orders.into_iter().zip(waiting).zip(insertions) {
        match insertion {
            Insertion::Done => {
                waiting.answer(Ok(order.clone()));
                placed.push(order);
            }
            Insertion::Duplicate => met.push(waiting),
            Insertion::Failed => {}
        }
    }
    announcer.hint(placed);
    // Another replica placed these in the meantime.
    answer_repeats(&store, met).await?;
    Ok(left)
}

/// Answers what was placed before, and returns the rest.
async fn answer_repeats(store: &Store, waiting: Vec<Waiting>) -> Result<Vec<Waiting>, StoreError> {
    let named = waiting
        .iter()
        .filter(|waiting| waiting.placement.key.is_some());
    let ids: Vec<OrderId> = named.map(|waiting| waiting.id).collect();
    if ids.is_empty() {
        return Ok(waiting);
    }
    let placed = store.placed(&ids).await?;
    let mut rest = Vec::with_capacity(waiting.len());
    for waiting in waiting {
        match placed.get(&waiting.id) {
            Some(order) => answer_repeat(waiting, order),
            None => rest.push(waiting),
        }
    }
    Ok(rest)
}

fn answer_repeat(waiting: Waiting, order: &Arc<PendingOrder>) {
    let placement = &waiting.placement;
    if order.buyer != placement.buyer || order.key != placement.key {
        // 96 bits of SHA-256 collided. Nothing good can be answered, so nothing is.
        tracing::error!(order = %order.id, "two keys share one order id");
        return;
    }
    if placement
        .lines
        .ask_for_the_same_as(order.lines.iter().map(|line| (&line.name, line.quantity)))
    {
        waiting.answer(Ok(Arc::clone(order)));
    } else {
        waiting.answer(Err(PlacingError::KeyUsed));
    }
}

/// Answers what breaks a rule, and returns the rest, priced.
async fn answer_refused(
    store: &Store,
    waiting: Vec<Waiting>,
) -> Result<(Vec<Arc<PendingOrder>>, Vec<Waiting>), StoreError> {
    let names = waiting
        .iter()
        .flat_map(|waiting| waiting.placement.lines.as_slice())
        .map(|line| line.name.as_str());
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return Ok((Vec::new(), waiting));
    }
    let known = store.products(names).await?;
    let (mut orders, mut rest) = (
        Vec::with_capacity(waiting.len()),
        Vec::with_capacity(waiting.len()),
    );
    for waiting in waiting {
        match checking::check(&waiting.placement.lines, |name| known.get(name)) {
            Ok(priced) => {
                orders.push(Arc::new(order(&waiting, priced)));
                rest.push(waiting);
            }
            Err(refusal) => waiting.answer(Err(PlacingError::Refused(refusal))),
        }
    }
    Ok((orders, rest))
}

fn order(waiting: &Waiting, priced: checking::Priced) -> PendingOrder {
    let placement = &waiting.placement;
    PendingOrder {
        id: waiting.id,
        buyer: placement.buyer.clone(),
        cost: priced.cost,
        lines: priced.lines,
        created_at: whole_millis(placement.now),
        key: placement.key.clone(),
        traceparent: placement.traceparent.clone(),
    }
}
