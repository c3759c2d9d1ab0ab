//! One round of placing. If a placement is dropped without a response, its order may or may not have
//! been stored.

use std::sync::Arc;

use domain::{OrderId, ProductName, whole_milliseconds};
use runtime::crash::crash_point;
use runtime::lifecycle::Background;
use tokio::sync::Semaphore;

use super::placement::PlacingError;
use super::queued::{QueuedPlacement, drop_expired, split_duplicates};
use crate::checking::{self, PricedLines};
use crate::limits::AccountLimits;
use crate::order::{PendingOrder, Rendering};
use crate::ports::{Clock, Insertion, LEASE, OrderBook, Publisher, StoreError};

/// The maximum size of the orders that are published concurrently, in bytes: more than one round has.
/// Their messages and the broker client's copies take about twice as much again. It bounds memory while
/// the broker is down; the sweeper publishes the rest.
const MAX_PUBLISHING: usize = 6 << 20;

/// The dependencies of a round. Clones share the limit of [`MAX_PUBLISHING`].
#[derive(Clone)]
pub(super) struct Round<B, P, C> {
    pub(super) book: B,
    publisher: P,
    pub(super) clock: C,
    pub(super) limits: AccountLimits,
    publishing: Arc<Semaphore>,
    background: Background,
}

impl<B: OrderBook, P: Publisher, C: Clock> Round<B, P, C> {
    pub(super) fn new(
        book: B,
        publisher: P,
        clock: C,
        limits: AccountLimits,
        background: Background,
    ) -> Self {
        Self {
            book,
            publisher,
            clock,
            limits,
            publishing: Arc::new(Semaphore::new(MAX_PUBLISHING)),
            background,
        }
    }

    /// Responds to all repeats of earlier orders first, so that repeats take no space in the insert;
    /// then checks and stores the rest. Returns the placements that do not fit, for the next round.
    /// Placements past their deadline are dropped, up to the insert.
    pub(super) async fn place(
        &self,
        queued: Vec<QueuedPlacement>,
    ) -> Result<Vec<QueuedPlacement>, StoreError> {
        let queued = drop_expired(queued, self.clock.instant());
        let queued = self.respond_to_repeats(queued).await?;
        let (queued, left) = split_duplicates(queued);
        let queued = drop_expired(queued, self.clock.instant());
        let (orders, queued) = self.respond_to_refused(queued).await?;
        let (orders, queued) = self.respond_to_limited(orders, queued).await?;
        let (orders, queued) = self.drop_expired_orders(orders, queued);
        if !orders.is_empty() {
            self.insert(orders, queued).await?;
        }
        Ok(left)
    }

    fn drop_expired_orders(
        &self,
        orders: Vec<Arc<PendingOrder>>,
        queued: Vec<QueuedPlacement>,
    ) -> (Vec<Arc<PendingOrder>>, Vec<QueuedPlacement>) {
        let now = self.clock.instant();
        let all = orders.into_iter().zip(queued);
        all.filter(|(_, queued)| now < queued.deadline).unzip()
    }

    async fn insert(
        &self,
        orders: Vec<Arc<PendingOrder>>,
        queued: Vec<QueuedPlacement>,
    ) -> Result<(), StoreError> {
        crash_point("orders.before-insert");
        let insertions = self.book.insert(&orders, LEASE).await?;
        crash_point("orders.after-insert");
        let mut placed = Vec::with_capacity(orders.len());
        let mut duplicates = Vec::new();
        for ((order, queued), insertion) in orders.into_iter().zip(queued).zip(insertions) {
            match insertion {
                Insertion::Done => {
                    queued.respond(Ok(order.clone()));
                    placed.push(order);
                }
                Insertion::Duplicate => duplicates.push(queued),
                Insertion::Failed => {}
            }
        }
        self.publish_in_background(placed);
        // Another replica placed these after `respond_to_repeats` looked for them, or this one when the
        // connection broke at the first attempt of the insert.
        let ids: Vec<OrderId> = duplicates.iter().map(|queued| queued.id).collect();
        self.respond_to_placed(duplicates, &ids).await?;
        Ok(())
    }

    /// Publishes `orders` without waiting for the result: the stored order is the record that
    /// `OrderCreate` must be published, and the sweeper repeats what fails here.
    fn publish_in_background(&self, orders: Vec<Arc<PendingOrder>>) {
        let size: usize = orders.iter().map(|order| order.size()).sum();
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        let Ok(permit) = self.publishing.clone().try_acquire_many_owned(size) else {
            return;
        };
        let publisher = self.publisher.clone();
        self.background.spawn("order-messages", async move {
            crash_point("orders.before-send");
            publisher.publish(&orders).await;
            crash_point("orders.after-send");
            drop(permit);
        });
    }

    /// Responds to the placements that repeat an idempotency key, and returns the others.
    pub(super) async fn respond_to_repeats(
        &self,
        queued: Vec<QueuedPlacement>,
    ) -> Result<Vec<QueuedPlacement>, StoreError> {
        let with_key = queued
            .iter()
            .filter(|queued| queued.placement.key.is_some());
        let ids: Vec<OrderId> = with_key.map(|queued| queued.id).collect();
        self.respond_to_placed(queued, &ids).await
    }

    /// Responds to those of the placements with these `ids` whose order exists, and returns the others.
    async fn respond_to_placed(
        &self,
        queued: Vec<QueuedPlacement>,
        ids: &[OrderId],
    ) -> Result<Vec<QueuedPlacement>, StoreError> {
        if ids.is_empty() {
            return Ok(queued);
        }
        let placed = self.book.placed_orders(ids).await?;
        let mut rest = Vec::with_capacity(queued.len());
        for queued in queued {
            match placed.get(&queued.id) {
                Some(order) => respond_to_repeat(queued, order),
                None => rest.push(queued),
            }
        }
        Ok(rest)
    }

    /// Responds to the placements that break a rule, and returns the others with their orders.
    async fn respond_to_refused(
        &self,
        queued: Vec<QueuedPlacement>,
    ) -> Result<(Vec<Arc<PendingOrder>>, Vec<QueuedPlacement>), StoreError> {
        let mut names: Vec<&ProductName> = queued
            .iter()
            .flat_map(|queued| queued.placement.lines.as_slice())
            .map(|line| &line.name)
            .collect();
        names.sort_unstable();
        names.dedup();
        if names.is_empty() {
            return Ok((Vec::new(), queued));
        }
        let products = self.book.products(&names).await?;
        let mut orders = Vec::with_capacity(queued.len());
        let mut rest = Vec::with_capacity(queued.len());
        for queued in queued {
            match checking::check(&queued.placement.lines, |name| products.get(name)) {
                Ok(priced) => {
                    orders.push(Arc::new(pending_order(&queued, priced)));
                    rest.push(queued);
                }
                Err(refusal) => queued.respond(Err(PlacingError::Refused(refusal))),
            }
        }
        Ok((orders, rest))
    }
}

fn respond_to_repeat(queued: QueuedPlacement, order: &Arc<PendingOrder>) {
    let placement = &queued.placement;
    if order.buyer != placement.buyer || order.key != placement.key {
        // 96 bits of SHA-256 collided. No response is right, so the placement is dropped.
        tracing::error!(order = %order.id, "two idempotency keys have the same order id");
        return;
    }
    let lines = order.lines.iter().map(|line| (&line.name, line.quantity));
    let result = if placement.lines.is_same_as(lines) {
        Ok(Arc::clone(order))
    } else {
        Err(PlacingError::KeyUsed)
    };
    queued.respond(result);
}

fn pending_order(queued: &QueuedPlacement, priced: PricedLines) -> PendingOrder {
    let placement = &queued.placement;
    PendingOrder {
        id: queued.id,
        buyer: placement.buyer.clone(),
        cost: priced.cost,
        lines: priced.lines,
        // The first response and its repeats are equal.
        created_at: whole_milliseconds(queued.arrived_at),
        key: placement.key.clone(),
        traceparent: placement.traceparent.clone(),
        rendering: Rendering::CURRENT,
    }
}
