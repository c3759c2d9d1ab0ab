use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use domain::{Money, OrderId, ProductId, ProductName, Quantity, Stock};
use events::{ProductState, Topics};

use super::*;
use crate::ports::EarlierDecision;
use crate::stock::Line;

/// An in-memory ledger. Its next commits fail with the errors in `failures`.
#[derive(Clone, Default)]
struct MemoryLedger(Arc<Mutex<Memory>>);

#[derive(Default)]
struct Memory {
    stock: i64,
    version: u64,
    decided: BTreeMap<OrderId, stock::Outcome>,
    failures: Vec<CommitFailure>,
    batch_sizes: Vec<usize>,
    published: Vec<Message>,
    resent: Vec<Message>,
    archived_until: Option<Timestamp>,
}

/// How a commit fails.
#[derive(Clone, Copy, PartialEq)]
enum CommitFailure {
    Conflict,
    /// Committed, but the response is lost.
    Unknown,
}

impl Ledger for MemoryLedger {
    type Transaction = usize;
    type Stored = Vec<Message>;

    async fn load(&self, orders: &[Order]) -> Result<Loaded<usize>, StoreError> {
        let memory = self.0.lock().unwrap();
        let earlier = |outcome: &stock::Outcome| {
            let (status, reason) = outcome.published();
            EarlierDecision {
                status,
                reason,
                decided_at: Timestamp::UNIX_EPOCH,
            }
        };
        let decided = orders.iter().filter_map(|order| {
            let outcome = memory.decided.get(&order.id)?;
            Some((order.id, earlier(outcome)))
        });
        let product = ProductState {
            id: PRODUCT,
            name: name(),
            price: Money::MAX,
            quantity: Stock::try_from(memory.stock).unwrap(),
            version: memory.version,
        };
        Ok(Loaded {
            transaction: orders.len(),
            archived_until: memory.archived_until,
            decided: decided.collect(),
            products: BTreeMap::from([(PRODUCT, product)]),
        })
    }

    async fn commit(&self, size: usize, effects: Effects) -> Result<Vec<Message>, StoreError> {
        let mut memory = self.0.lock().unwrap();
        memory.batch_sizes.push(size);
        let failing = memory.failures.pop();
        match failing {
            Some(CommitFailure::Conflict) => return Err(StoreError::Conflict("conflict".into())),
            Some(CommitFailure::Unknown) | None => {}
        }
        for decision in effects.outcome.decisions {
            memory.decided.insert(decision.order.id, decision.outcome);
        }
        for product in effects.outcome.changed {
            memory.stock = product.quantity.get().into();
            memory.version = product.version;
        }
        if failing.is_some() {
            return Err(StoreError::UnknownCommit("no response".into()));
        }
        Ok(effects.messages)
    }
}

impl Publisher for MemoryLedger {
    type Stored = Vec<Message>;

    async fn publish(&self, stored: Vec<Message>) {
        self.try_publish(stored);
    }

    fn try_publish(&self, stored: Vec<Message>) {
        self.0.lock().unwrap().published.extend(stored);
    }

    fn publish_unrecorded(&self, messages: Vec<Message>) {
        self.0.lock().unwrap().resent.extend(messages);
    }
}

/// A clock that only `sleep` moves forward.
#[derive(Clone)]
struct MemoryClock(Arc<Mutex<Instant>>);

impl Clock for MemoryClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn instant(&self) -> Instant {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        *self.0.lock().unwrap() += duration;
    }
}

const PRODUCT: ProductId = ProductId::from_bytes([9; 12]);

fn name() -> ProductName {
    ProductName::parse("chair").unwrap()
}

fn placed_at(second: u8) -> Timestamp {
    Timestamp::from_second(second.into()).unwrap()
}

/// Four orders for one chair each, with three chairs in stock.
fn given(failures: Vec<CommitFailure>) -> (MemoryLedger, Vec<Order>) {
    let memory = Memory {
        stock: 3,
        failures,
        ..Memory::default()
    };
    let placed = |n: u8| Order {
        id: OrderId::from_bytes([n; 12]),
        lines: vec![Line {
            product: PRODUCT,
            name: name(),
            quantity: Quantity::try_from(1).unwrap(),
        }],
        placed_at: Some(placed_at(n)),
        traceparent: None,
    };
    let ledger = MemoryLedger(Arc::new(Mutex::new(memory)));
    (ledger, (0..4).map(placed).collect())
}

async fn decide(ledger: &MemoryLedger, batch: &[Order]) -> Result<Vec<OrderId>, StoreError> {
    let decider = Decider {
        ledger: ledger.clone(),
        publisher: ledger.clone(),
        clock: MemoryClock(Arc::new(Mutex::new(Instant::now()))),
        messages: Messages::new(Topics::with_prefix("shop")),
    };
    decider.decide(batch).await
}

fn assert_decided(memory: &Memory) {
    let accepted = |outcome: &&stock::Outcome| **outcome == stock::Outcome::Accepted;
    assert_eq!(memory.decided.len(), 4);
    assert_eq!(memory.decided.values().filter(accepted).count(), 3);
    assert_eq!(memory.stock, 0);
}

#[tokio::test]
async fn given_conflicts_when_a_batch_is_decided_then_it_is_retried_and_halved() {
    let check = async |failures: Vec<CommitFailure>, sizes: &[usize]| {
        let (ledger, batch) = given(failures);
        decide(&ledger, &batch).await.unwrap();
        let memory = ledger.0.lock().unwrap();
        assert_decided(&memory);
        assert_eq!(memory.batch_sizes, sizes);
    };
    check(vec![CommitFailure::Conflict; 3], &[4, 4, 4, 4]).await;
    check(vec![CommitFailure::Conflict; 4], &[4, 4, 4, 4, 2, 2]).await;
}

#[tokio::test]
async fn given_conflicts_without_end_when_a_batch_is_decided_then_it_fails_after_the_timeout() {
    let (ledger, batch) = given(vec![CommitFailure::Conflict; 10_000]);
    let error = decide(&ledger, &batch).await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict(_)), "{error}");
    let memory = ledger.0.lock().unwrap();
    assert!(memory.batch_sizes.len() > 100, "it was retried");
    assert!(memory.decided.is_empty());
}

#[tokio::test]
async fn given_an_unknown_commit_when_the_batch_is_redelivered_then_the_decisions_are_sent_again() {
    let (ledger, batch) = given(vec![CommitFailure::Unknown]);
    let error = decide(&ledger, &batch).await.unwrap_err();
    assert!(matches!(error, StoreError::UnknownCommit(_)), "{error}");
    decide(&ledger, &batch).await.unwrap();
    let memory = ledger.0.lock().unwrap();
    assert_decided(&memory);
    assert_eq!(memory.version, 1, "the stock was taken once");
    assert!(memory.published.is_empty());
    let orders: Vec<String> = (0..4)
        .map(|n| OrderId::from_bytes([n; 12]).to_string())
        .collect();
    let keys: Vec<&String> = memory.resent.iter().map(|message| &message.key).collect();
    assert_eq!(keys, orders.iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn given_decided_orders_when_the_commit_fails_then_no_decision_is_sent() {
    let (ledger, batch) = given(Vec::new());
    decide(&ledger, &batch).await.unwrap();
    ledger.0.lock().unwrap().failures = vec![CommitFailure::Unknown];
    let error = decide(&ledger, &batch).await.unwrap_err();
    assert!(matches!(error, StoreError::UnknownCommit(_)), "{error}");
    assert!(ledger.0.lock().unwrap().resent.is_empty());
    decide(&ledger, &batch).await.unwrap();
    assert_eq!(ledger.0.lock().unwrap().resent.len(), 4);
}

#[tokio::test]
async fn given_archived_decisions_when_their_orders_arrive_again_then_no_stock_is_taken_twice() {
    let (ledger, batch) = given(Vec::new());
    decide(&ledger, &batch[..2]).await.unwrap();
    {
        let mut memory = ledger.0.lock().unwrap();
        memory.decided.clear();
        memory.archived_until = Some(placed_at(1));
    }
    let too_old = decide(&ledger, &batch).await.unwrap();
    assert_eq!(too_old, [batch[0].id, batch[1].id]);
    let memory = ledger.0.lock().unwrap();
    let decided: Vec<&OrderId> = memory.decided.keys().collect();
    assert_eq!(decided, [&batch[2].id, &batch[3].id]);
    assert_eq!(memory.stock, 0, "two were sold before, one now");
}
