//! Deciding orders: a batch becomes decisions, new stock and messages in one transaction.

use std::collections::VecDeque;
use std::time::Duration;

use domain::{OrderId, whole_milliseconds};
use events::Message;
use jiff::Timestamp;

use crate::messages::Messages;
use crate::ports::{Clock, Effects, Ledger, Loaded, Publisher, StoreError};
use crate::stock::{self, Order};

/// The number of conflicts after which a batch is halved, because small transactions conflict less
/// often than a large one.
const MAX_CONFLICTS_BEFORE_HALVING: u32 = 3;
/// How long a batch is retried after conflicts, before the consumer logs the failure and retries it.
const CONFLICT_TIMEOUT: Duration = Duration::from_secs(30);

/// Decides batches of orders.
pub(crate) struct Decider<L, P, C> {
    pub(crate) ledger: L,
    pub(crate) publisher: P,
    pub(crate) clock: C,
    pub(crate) messages: Messages,
}

impl<L, P, C> Decider<L, P, C>
where
    L: Ledger,
    P: Publisher<Stored = L::Stored>,
    C: Clock,
{
    /// Decides `batch`, which contains no order twice, in the order given. An earlier decision is
    /// not changed, but its message is sent again. When this returns without an error, every
    /// decision is durable and its message is published or in the outbox. No decision is sent that
    /// is not durable.
    ///
    /// Returns the orders that were not decided because they are so old that their decision may be
    /// in the archive: deciding one again could take its stock twice.
    pub(crate) async fn decide(&self, batch: &[Order]) -> Result<Vec<OrderId>, StoreError> {
        // A message that is sent again has the stored time.
        let now = whole_milliseconds(self.clock.now());
        let deadline = self.clock.instant() + CONFLICT_TIMEOUT;
        let mut queue = VecDeque::from([batch]);
        let mut conflicts = 0;
        let mut too_old = Vec::new();
        while let Some(part) = queue.pop_front() {
            match self.decide_in_one_transaction(part, now).await {
                Ok(found) => {
                    too_old.extend(found);
                    conflicts = 0;
                }
                Err(StoreError::Conflict(_))
                    if part.len() > 1 && conflicts >= MAX_CONFLICTS_BEFORE_HALVING =>
                {
                    let (first, second) = part.split_at(part.len() / 2);
                    queue.push_front(second);
                    queue.push_front(first);
                    conflicts = 0;
                }
                Err(StoreError::Conflict(_)) if self.clock.instant() < deadline => {
                    conflicts += 1;
                    metrics::counter!("decision_conflicts_total").increment(1);
                    self.clock.sleep(conflict_backoff(conflicts)).await;
                    queue.push_front(part);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(too_old)
    }

    async fn decide_in_one_transaction(
        &self,
        batch: &[Order],
        now: Timestamp,
    ) -> Result<Vec<OrderId>, StoreError> {
        let loaded = self.ledger.load(batch).await?;
        let resent = self.earlier_decisions(batch, &loaded);
        let is_undecided = |order: &&Order| !loaded.decided.contains_key(&order.id);
        let undecided = batch.iter().filter(is_undecided).cloned();
        let (too_old, undecided): (Vec<Order>, Vec<Order>) =
            undecided.partition(|order| may_be_archived(order, loaded.archived_until));
        let effects = self.effects(undecided, loaded.products, now);
        // Also without effects: before the commit, an earlier decision may not be durable.
        let stored = self.ledger.commit(loaded.transaction, effects).await?;
        self.publisher.publish(stored).await;
        if !resent.is_empty() {
            self.publisher.publish_unrecorded(resent);
        }
        Ok(too_old.iter().map(|order| order.id).collect())
    }

    /// Returns the messages of the orders that were decided before, with the decisions as they are
    /// stored.
    fn earlier_decisions<T>(&self, batch: &[Order], loaded: &Loaded<T>) -> Vec<Message> {
        let resent = batch.iter().filter_map(|order| {
            let earlier = loaded.decided.get(&order.id)?;
            let decision = (earlier.status.clone(), earlier.reason.clone());
            Some(
                self.messages
                    .order_decided(order, decision, earlier.decided_at),
            )
        });
        resent.collect()
    }

    fn effects(
        &self,
        orders: Vec<Order>,
        products: stock::Products,
        decided_at: Timestamp,
    ) -> Effects {
        let outcome = stock::decide(orders, products);
        let decided = outcome.decisions.iter().map(|decision| {
            let (order, outcome) = (&decision.order, &decision.outcome);
            self.messages
                .order_decided(order, outcome.published(), decided_at)
        });
        let mut messages: Vec<Message> = decided.collect();
        let changed = &outcome.changed;
        messages.extend(self.messages.products_changed(changed, decided_at, None));
        Effects {
            outcome,
            messages,
            decided_at,
        }
    }
}

/// Whether the order may have a decision that was archived. A decision is archived only if the time of
/// its order's placing is known.
fn may_be_archived(order: &Order, archived_until: Option<Timestamp>) -> bool {
    order
        .placed_at
        .zip(archived_until)
        .is_some_and(|(placed_at, until)| placed_at <= until)
}

/// The delay before the next attempt after this number of conflicts, at most a tenth of a second. The
/// conflict may be with the transaction of a killed process, which the server aborts after a timeout.
pub(crate) fn conflict_backoff(conflicts: u32) -> Duration {
    Duration::from_millis(u64::from(conflicts.min(20)) * 5)
}

#[cfg(test)]
mod tests;
