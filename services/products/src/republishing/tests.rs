use std::sync::{Arc, Mutex};
use std::time::Instant;

use domain::{Money, ProductName, Stock};
use events::{Message, ProductState, Topics};
use jiff::Timestamp;

use super::*;
use crate::ports::Round;

/// A catalogue of products whose ids are numbers, with the round, and the broker.
#[derive(Clone)]
struct Memory(Arc<Mutex<State>>);

struct State {
    products: u32,
    holder: Option<Replica>,
    last: Option<ProductId>,
    is_broker_down: bool,
    sent: Vec<Message>,
}

impl Memory {
    fn with(products: u32) -> Self {
        Self(Arc::new(Mutex::new(State {
            products,
            holder: None,
            last: None,
            is_broker_down: false,
            sent: Vec::new(),
        })))
    }

    fn replica(&self, id: u8) -> Republisher<Self, Self, NoWaiting> {
        Republisher {
            states: self.clone(),
            sender: self.clone(),
            clock: NoWaiting,
            messages: Messages::new(Topics::with_prefix("shop")),
            replica: Replica([id; 12]),
            interval: Duration::from_mins(10),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl Republication for Memory {
    async fn take_lease(&self, replica: Replica, _: Duration) -> Result<Option<Round>, StoreError> {
        let mut state = self.state();
        let holder = *state.holder.get_or_insert(replica);
        Ok((holder == replica).then_some(Round { last: state.last }))
    }

    async fn advance(&self, replica: Replica, last: Option<ProductId>) -> Result<(), StoreError> {
        let mut state = self.state();
        assert_eq!(state.holder, Some(replica));
        state.last = last;
        Ok(())
    }

    async fn product_count(&self) -> Result<u64, StoreError> {
        Ok(self.state().products.into())
    }

    async fn states_after(
        &self,
        last: Option<ProductId>,
        limit: usize,
    ) -> Result<Vec<ProductState>, StoreError> {
        let states = (0..self.state().products).map(product);
        let after = states.filter(|state| last.is_none_or(|last| state.id > last));
        Ok(after.take(limit).collect())
    }
}

impl MessageSender for Memory {
    async fn send(&self, messages: &[Message]) -> bool {
        let mut state = self.state();
        if !state.is_broker_down {
            state.sent.extend_from_slice(messages);
        }
        !state.is_broker_down
    }
}

#[derive(Clone)]
struct NoWaiting;

impl Clock for NoWaiting {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn instant(&self) -> Instant {
        Instant::now()
    }

    async fn sleep(&self, _: Duration) {}
}

fn product(number: u32) -> ProductState {
    let mut id = [0; 12];
    id[..4].copy_from_slice(&number.to_be_bytes());
    ProductState {
        id: ProductId::from_bytes(id),
        name: ProductName::parse("chair").unwrap(),
        price: Money::ZERO,
        quantity: Stock::try_from(1).unwrap(),
        version: 1,
    }
}

fn sent_keys(memory: &Memory) -> Vec<String> {
    let state = memory.state();
    let keys = state.sent.iter().map(|message| message.key.clone());
    keys.collect()
}

fn keys(numbers: std::ops::Range<u32>) -> Vec<String> {
    numbers
        .map(|number| product(number).id.to_string())
        .collect()
}

#[tokio::test]
async fn given_many_products_when_replicas_start_then_only_one_publishes_and_one_chunk_at_a_time() {
    let memory = Memory::with(100_000);
    let first = memory.replica(1);
    first.publish_chunk().await.unwrap();
    assert_eq!(sent_keys(&memory), keys(0..200));
    for started in 2..9 {
        let delay = memory.replica(started).publish_chunk().await.unwrap();
        assert_eq!(delay, LEASE_CHECK_INTERVAL);
    }
    assert_eq!(sent_keys(&memory).len(), 200, "the others send nothing");
}

#[tokio::test]
async fn given_a_round_when_its_replica_ends_then_the_next_continues_it_and_begins_another() {
    let memory = Memory::with(500);
    memory.replica(1).publish_chunk().await.unwrap();
    memory.state().holder = None;
    let next = memory.replica(2);
    for _ in 0..3 {
        next.publish_chunk().await.unwrap();
    }
    assert_eq!(sent_keys(&memory), [keys(0..500), keys(0..200)].concat());
}

#[tokio::test]
async fn given_no_broker_when_a_chunk_is_published_then_it_is_published_again() {
    let memory = Memory::with(300);
    let replica = memory.replica(1);
    memory.state().is_broker_down = true;
    assert_eq!(replica.publish_chunk().await.unwrap(), RETRY_DELAY);
    memory.state().is_broker_down = false;
    replica.publish_chunk().await.unwrap();
    assert_eq!(sent_keys(&memory), keys(0..200));
}

#[test]
fn given_a_number_of_products_when_paced_then_a_round_takes_the_interval() {
    let interval = Duration::from_mins(10);
    let check = |products, expected| assert_eq!(delay(interval, products), expected);
    check(0, MAX_DELAY);
    check(4, MAX_DELAY);
    check(20_000, Duration::from_secs(6));
    check(100_000, Duration::from_millis(1200));
    check(100_000_000, MIN_DELAY);
}
