//! The part of a round that applies the limits of accounts.

use std::collections::HashMap;
use std::sync::Arc;

use domain::{Email, OrderId};

use super::placement::PlacingError;
use super::queued::QueuedPlacement;
use super::round::Round;
use crate::limits::{LimitError, WINDOW};
use crate::order::PendingOrder;
use crate::ports::{Clock, OrderBook, Publisher, StoreError};

impl<B: OrderBook, P: Publisher, C: Clock> Round<B, P, C> {
    /// Responds to the placements that exceed a limit of their account, and returns the others with
    /// their orders. Rounds of one process do not overlap, so it counts all orders that this process
    /// placed. Each other replica may place one round that it does not count.
    pub(super) async fn respond_to_limited(
        &self,
        orders: Vec<Arc<PendingOrder>>,
        queued: Vec<QueuedPlacement>,
    ) -> Result<(Vec<Arc<PendingOrder>>, Vec<QueuedPlacement>), StoreError> {
        let Some(first) = orders.first().filter(|_| !self.limits.are_off()) else {
            return Ok((orders, queued));
        };
        let mut buyers: Vec<Email> = orders.iter().map(|order| order.buyer.clone()).collect();
        buyers.sort_unstable();
        buyers.dedup();
        let since = first.created_at - WINDOW;
        let mut usage = self.book.usage(&buyers, since, self.limits).await?;
        let mut errors: HashMap<OrderId, LimitError> = HashMap::new();
        let (mut within, mut beyond) = (Vec::new(), Vec::new());
        for (order, queued) in orders.into_iter().zip(queued) {
            let usage = usage.entry(order.buyer.clone()).or_default();
            match self.limits.add(usage, &order.lines, order.created_at) {
                Ok(()) => within.push((order, queued)),
                Err(error) => {
                    errors.insert(order.id, error);
                    beyond.push(queued);
                }
            }
        }
        // Another replica may have placed the order of a repeat meanwhile.
        for queued in self.respond_to_repeats(beyond).await? {
            if let Some(error) = errors.get(&queued.id) {
                queued.respond(Err(PlacingError::Limited(*error)));
            }
        }
        Ok(within.into_iter().unzip())
    }
}
