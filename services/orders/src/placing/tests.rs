use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::{Email, Money, ProductId, ProductName, Stock};
use jiff::{SignedDuration, Timestamp};
use runtime::clock::SystemClock;

use super::*;
use crate::limits::AccountUsage;
use crate::lines::Lines;
use crate::order::PendingOrder;
use crate::ports::{Insertion, StoreError};
use crate::product::ProductCopy;

const TIMEOUT: Duration = Duration::from_secs(3);
/// How long the slow database takes for an insert.
const INSERT: Duration = Duration::from_secs(10);

/// A database that needs [`INSERT`] for the first insert.
#[derive(Clone, Default)]
struct SlowBook(Arc<Inserts>);

#[derive(Default)]
struct Inserts {
    begun: AtomicUsize,
    running: AtomicUsize,
    most: AtomicUsize,
}

impl OrderBook for SlowBook {
    fn new_id(&self) -> OrderId {
        let number = self.0.begun.load(Ordering::Relaxed);
        OrderId::from_bytes([u8::try_from(number).expect("few"); 12])
    }

    async fn placed_orders(
        &self,
        _ids: &[OrderId],
    ) -> Result<HashMap<OrderId, Arc<PendingOrder>>, StoreError> {
        Ok(HashMap::new())
    }

    async fn products(
        &self,
        names: &[&ProductName],
    ) -> Result<HashMap<ProductName, ProductCopy>, StoreError> {
        let product = ProductCopy {
            id: ProductId::from_bytes([1; 12]),
            price: Money::ZERO,
            stock: Stock::try_from(9).expect("a stock"),
        };
        let name = ProductName::clone(names[0]);
        Ok(HashMap::from([(name, product)]))
    }

    async fn usage(
        &self,
        _buyers: &[Email],
        _since: Timestamp,
    ) -> Result<HashMap<Email, AccountUsage>, StoreError> {
        Ok(HashMap::new())
    }

    async fn insert(
        &self,
        orders: &[Arc<PendingOrder>],
        _lease: SignedDuration,
    ) -> Result<Vec<Insertion>, StoreError> {
        let inserts = &self.0;
        let running = inserts.running.fetch_add(1, Ordering::Relaxed) + 1;
        inserts.most.fetch_max(running, Ordering::Relaxed);
        if inserts.begun.fetch_add(1, Ordering::Relaxed) == 0 {
            tokio::time::sleep(INSERT).await;
        }
        inserts.running.fetch_sub(1, Ordering::Relaxed);
        Ok(vec![Insertion::Done; orders.len()])
    }
}

/// A broker that acknowledges everything.
#[derive(Clone)]
struct Broker;

impl Publisher for Broker {
    async fn publish(&self, orders: &[Arc<PendingOrder>]) -> Vec<bool> {
        vec![true; orders.len()]
    }
}

fn placement() -> Placement {
    Placement {
        buyer: Email::parse("aaa@aaa.com").expect("an address"),
        key: None,
        lines: Lines::merge([("chair", 1)]).expect("valid lines"),
        traceparent: None,
    }
}

#[tokio::test(start_paused = true)]
async fn given_a_slow_insert_when_more_orders_arrive_then_they_wait_for_it_up_to_their_deadline() {
    let (book, background) = (SlowBook::default(), Background::default());
    let queue = PlacementQueue::start(
        book.clone(),
        Broker,
        SystemClock,
        AccountLimits::default(),
        TIMEOUT,
        &background,
    );
    let unavailable = Err(PlacingError::Unavailable);
    assert_eq!(queue.place(placement()).await, unavailable);
    assert_eq!(queue.place(placement()).await, unavailable);
    assert_eq!(
        book.0.begun.load(Ordering::Relaxed),
        1,
        "one insert at a time"
    );
    tokio::time::sleep(INSERT).await;
    assert!(queue.place(placement()).await.is_ok());
    assert_eq!(
        (
            book.0.begun.load(Ordering::Relaxed),
            book.0.most.load(Ordering::Relaxed)
        ),
        (2, 1),
        "the order that waited in vain is not placed"
    );
}
