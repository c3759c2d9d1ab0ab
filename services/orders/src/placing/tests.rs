use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::{Email, Money, ProductId, ProductName, Stock};
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use jiff::{SignedDuration, Timestamp};
use runtime::clock::SystemClock;

use super::*;
use crate::limits::AccountUsage;
use crate::lines::Lines;
use crate::order::PendingOrder;
use crate::ports::{Insertion, StoreError};
use crate::product::ProductCopy;
use crate::turns::Turn;

const TIMEOUT: Duration = Duration::from_secs(3);
/// How long the slow database takes for an insert.
const INSERT: Duration = Duration::from_secs(10);

/// A database that needs [`INSERT`] for the first insert, and has all products.
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
        let product = |name: &&ProductName| {
            let copy = ProductCopy {
                id: ProductId::from_bytes([1; 12]),
                price: Money::ZERO,
                stock: Stock::try_from(9).expect("a stock"),
            };
            (ProductName::clone(name), copy)
        };
        Ok(names.iter().map(product).collect())
    }

    async fn usage(
        &self,
        _buyers: &[Email],
        _since: Timestamp,
        _limits: AccountLimits,
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

/// A broker that never responds, and the bytes of the names in the messages that wait for it.
#[derive(Clone, Default)]
struct SilentBroker(Arc<AtomicUsize>);

impl Publisher for SilentBroker {
    async fn publish(&self, orders: &[Arc<PendingOrder>]) -> Vec<bool> {
        let lines = orders.iter().flat_map(|order| &order.lines);
        let bytes = lines.map(|line| line.name.as_str().len()).sum();
        self.0.fetch_add(bytes, Ordering::Relaxed);
        std::future::pending().await
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

#[tokio::test(start_paused = true)]
async fn given_a_silent_broker_when_large_orders_are_placed_then_a_few_megabytes_wait_for_it() {
    const ORDERS: usize = 250;
    let (broker, background) = (SilentBroker::default(), Background::default());
    let queue = PlacementQueue::start(
        SlowBook::default(),
        broker.clone(),
        SystemClock,
        AccountLimits::default(),
        2 * INSERT,
        &background,
    );
    let names: Vec<String> = (0..100)
        .map(|number| format!("{number:0>3}{}", "𝓍".repeat(97)))
        .collect();
    let lines: Vec<_> = names.iter().map(|name| (name.as_str(), 1)).collect();
    for _ in 0..ORDERS {
        let large = Placement {
            lines: Lines::merge(lines.iter().copied()).expect("valid lines"),
            ..placement()
        };
        assert!(queue.place(large).await.is_ok());
    }
    tokio::task::yield_now().await;
    let waiting = broker.0.load(Ordering::Relaxed);
    assert!((1 << 20..8 << 20).contains(&waiting), "{waiting}");
}

/// A database that stored an order before its connection broke: the repeated insert finds it.
#[derive(Clone, Default)]
struct RepeatingBook(Arc<Mutex<Vec<Arc<PendingOrder>>>>);

impl OrderBook for RepeatingBook {
    fn new_id(&self) -> OrderId {
        OrderId::from_bytes([1; 12])
    }

    async fn placed_orders(
        &self,
        ids: &[OrderId],
    ) -> Result<HashMap<OrderId, Arc<PendingOrder>>, StoreError> {
        let stored = self.0.lock().await;
        let found = stored.iter().filter(|order| ids.contains(&order.id));
        Ok(found.map(|order| (order.id, Arc::clone(order))).collect())
    }

    async fn products(
        &self,
        names: &[&ProductName],
    ) -> Result<HashMap<ProductName, ProductCopy>, StoreError> {
        SlowBook::default().products(names).await
    }

    async fn usage(
        &self,
        _buyers: &[Email],
        _since: Timestamp,
        _limits: AccountLimits,
    ) -> Result<HashMap<Email, AccountUsage>, StoreError> {
        Ok(HashMap::new())
    }

    async fn insert(
        &self,
        orders: &[Arc<PendingOrder>],
        _lease: SignedDuration,
    ) -> Result<Vec<Insertion>, StoreError> {
        self.0.lock().await.extend(orders.iter().cloned());
        Ok(vec![Insertion::Duplicate; orders.len()])
    }
}

fn repeating_queue() -> PlacementQueue<RepeatingBook, SystemClock> {
    PlacementQueue::start(
        RepeatingBook::default(),
        Broker,
        SystemClock,
        AccountLimits::default(),
        TIMEOUT,
        &Background::default(),
    )
}

#[tokio::test(start_paused = true)]
async fn given_an_insert_that_is_repeated_when_the_first_has_stored_the_order_then_it_is_placed() {
    let placed = repeating_queue().place(placement()).await;
    assert_eq!(
        placed.map(|order| order.buyer.clone()),
        Ok(placement().buyer)
    );
}

fn large_placement(buyer: &str) -> Placement {
    let names: Vec<String> = (0..=MAX_SMALL_LINES)
        .map(|number| format!("product {number}"))
        .collect();
    Placement {
        buyer: Email::parse(buyer).expect("an address"),
        lines: Lines::merge(names.iter().map(|name| (name.as_str(), 1))).expect("valid lines"),
        ..placement()
    }
}

#[tokio::test(start_paused = true)]
async fn given_many_large_orders_of_a_buyer_when_another_buyer_places_one_then_it_is_next_but_one()
{
    let queue = repeating_queue();
    let placing = FuturesUnordered::new();
    let eves = std::iter::repeat_n("eve@example.com", MAX_LARGE + 10);
    for buyer in eves.chain(["ada@example.com"]) {
        let mut order = queue.place(large_placement(buyer)).boxed();
        assert!(futures::poll!(order.as_mut()).is_pending());
        placing.push(order.map(move |placed| placed.map(|_| buyer)));
    }
    let placed: Vec<_> = placing.collect().await;
    let of_ada = placed
        .iter()
        .position(|buyer| *buyer == Ok("ada@example.com"));
    assert_eq!(of_ada, Some(MAX_LARGE + 1), "{placed:?}");
}

#[tokio::test(start_paused = true)]
async fn given_large_orders_whose_clients_disconnect_when_they_are_placed_then_they_keep_their_turns_until_then()
 {
    let queue = repeating_queue();
    for _ in 0..MAX_LARGE {
        let mut placing = Box::pin(queue.place(large_placement("eve@example.com")));
        assert!(futures::poll!(placing.as_mut()).is_pending());
    }
    let other = Email::parse("other@example.com").expect("an address");
    assert!(queue.large.take(&other).now_or_never().is_none());
    queue
        .place(placement())
        .await
        .expect("a small order is placed");
    let all = (0..MAX_LARGE).map(|_| queue.large.take(&other).map(Turn::shared));
    let all = tokio::time::timeout(TIMEOUT, join_all(all));
    assert!(all.await.is_ok(), "a turn is lost");
}

#[tokio::test(start_paused = true)]
async fn given_orders_one_after_the_other_when_they_are_placed_then_their_rounds_begin_20_ms_apart()
{
    let queue = repeating_queue();
    let start = tokio::time::Instant::now();
    for _ in 0..5 {
        queue.place(placement()).await.expect("it is placed");
    }
    let milliseconds = start.elapsed().as_millis();
    assert!((80..100).contains(&milliseconds), "{milliseconds} ms");
}
