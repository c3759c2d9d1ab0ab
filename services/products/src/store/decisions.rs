//! Decisions: a batch of orders becomes decisions, new stock and messages in one transaction.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use events::{Event, Message, ProductState};
use futures::TryStreamExt as _;
use jiff::Timestamp;
use messaging::outbox::Stored;
use mongo::{commit, is_transient};
use mongodb::ClientSession;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, Document, doc};
use mongodb::error::{Error, ErrorKind};
use runtime::crash::crash_point;

use super::documents::{Decision, Product, object_id, order_object_id, stock_bson};
use super::{Store, StoreError};
use crate::stock::{self, OnHand, Order, Ruling, Stocks};

/// How many products one message tells of, so that it is far below Kafka's limit of 1 MB.
pub(crate) const MOST_IN_A_MESSAGE: usize = 200;
/// After so many conflicts a batch is halved: two small ones get through where one large does not.
const TRIES_BEFORE_HALVING: u32 = 3;

/// An order as it was told of.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) order: Order,
    pub(crate) traceparent: Option<String>,
}

/// Why a transaction did not come about.
enum Failed {
    /// Somebody else changed the same products; worth trying again at once.
    Conflict,
    /// It was more than the database takes at once.
    TooLarge(Error),
    Database(Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        if is_conflict(&error) {
            Self::Conflict
        } else if is_too_large(&error) {
            Self::TooLarge(error)
        } else {
            Self::Database(error)
        }
    }
}

impl Failed {
    /// Whether half as much may get through, after so many tries.
    fn calls_for_less(&self, tries: u32) -> bool {
        match self {
            Self::Conflict => tries >= TRIES_BEFORE_HALVING,
            Self::TooLarge(_) => true,
            Self::Database(_) => false,
        }
    }
}

impl Store {
    /// Decides `batch` in the order given, or tells again what was decided before. When this
    /// returns, every decision is durable and will be told of.
    pub(crate) async fn decide(&self, batch: &[Placed], now: Timestamp) -> Result<(), StoreError> {
        let mut waiting = VecDeque::from([batch]);
        let mut tries = 0;
        while let Some(part) = waiting.pop_front() {
            match self.decide_at_once(part, now).await {
                Ok(()) => tries = 0,
                Err(failed) if part.len() > 1 && failed.calls_for_less(tries) => {
                    let (first, second) = part.split_at(part.len() / 2);
                    waiting.push_front(second);
                    waiting.push_front(first);
                    tries = 0;
                }
                Err(Failed::TooLarge(error) | Failed::Database(error)) => return Err(error.into()),
                Err(Failed::Conflict) => {
                    tries += 1;
                    metrics::counter!("decision_conflicts_total").increment(1);
                    tokio::time::sleep(pause(tries)).await;
                    waiting.push_front(part);
                }
            }
        }
        Ok(())
    }

    async fn decide_at_once(&self, batch: &[Placed], now: Timestamp) -> Result<(), Failed> {
        let mut session = self.transaction().await?;
        let outcome = self.decide_in(&mut session, batch, now).await;
        let (stored, known) = match outcome {
            Ok(outcome) => outcome,
            Err(error) => {
                // The server ends an abandoned transaction by itself.
                let _ = session.abort_transaction().await;
                return Err(error);
            }
        };
        crash_point("products.in-transaction");
        if let Some(stored) = stored {
            commit(&mut session).await?;
            crash_point("products.after-commit");
            self.outbox.publish(stored).await;
        } else {
            session.abort_transaction().await?;
        }
        if !known.is_empty() {
            self.outbox.publish_unrecorded(known);
        }
        Ok(())
    }

    /// What was stored to be told, and what had been decided before and is told again.
    async fn decide_in(
        &self,
        session: &mut ClientSession,
        batch: &[Placed],
        now: Timestamp,
    ) -> Result<(Option<Stored>, Vec<Message>), Failed> {
        let known = self.known_decisions(session, batch).await?;
        let told_again = self.tell_again(batch, &known);
        let orders: Vec<Order> = batch
            .iter()
            .filter(|placed| !known.contains_key(&order_object_id(placed.order.id)))
            .map(|placed| placed.order.clone())
            .collect();
        if orders.is_empty() {
            return Ok((None, told_again));
        }
        let products = self.concerned(session, &orders).await?;
        let ruling = stock::decide(orders, &on_hand(&products));
        // Stored times have milliseconds; the messages are to say the same now and later.
        let at = DateTime::from_millis(now.as_millisecond());
        let decisions: Vec<Decision> = ruling
            .decisions
            .iter()
            .map(|decision| Decision::of(decision, at))
            .collect();
        self.decisions
            .insert_many(&decisions)
            .session(&mut *session)
            .await?;
        let changed = self.take_from_stock(session, &ruling, &products).await?;
        let messages = self.tell(batch, &decisions, &changed);
        let stored = self.outbox.store(session, messages, now).await?;
        Ok((Some(stored), told_again))
    }

    async fn known_decisions(
        &self,
        session: &mut ClientSession,
        batch: &[Placed],
    ) -> Result<HashMap<ObjectId, Decision>, Error> {
        let ids: Vec<ObjectId> = batch
            .iter()
            .map(|placed| order_object_id(placed.order.id))
            .collect();
        let mut found = self
            .decisions
            .find(doc! { "_id": { "$in": ids } })
            .session(&mut *session)
            .await?;
        let found: Vec<Decision> = found.stream(session).try_collect().await?;
        Ok(found
            .into_iter()
            .map(|decision| (decision.id, decision))
            .collect())
    }

    async fn concerned(
        &self,
        session: &mut ClientSession,
        orders: &[Order],
    ) -> Result<HashMap<ObjectId, Product>, Error> {
        let mut ids: Vec<ObjectId> = orders
            .iter()
            .flat_map(|order| &order.lines)
            .map(|line| object_id(line.product))
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let mut found = self
            .products
            .find(doc! { "_id": { "$in": ids } })
            .session(&mut *session)
            .await?;
        let found: Vec<Product> = found.stream(session).try_collect().await?;
        Ok(found
            .into_iter()
            .map(|product| (product.id, product))
            .collect())
    }

    /// Writes the new stock, guarded by the versions that were read. Answers the products as
    /// they are then.
    async fn take_from_stock(
        &self,
        session: &mut ClientSession,
        ruling: &Ruling,
        products: &HashMap<ObjectId, Product>,
    ) -> Result<Vec<ProductState>, Failed> {
        let mut updates: Vec<Document> = Vec::new();
        let mut states = Vec::new();
        for (id, quantity) in &ruling.changed {
            let Some(product) = products.get(&object_id(*id)) else {
                continue;
            };
            let mut state = product.state()?;
            state.quantity = *quantity;
            state.version += 1;
            states.push(state);
            updates.push(doc! {
                "q": { "_id": product.id, "version": product.version },
                "u": { "$set": { "quantity": stock_bson(*quantity), "version": product.version + 1 } },
            });
        }
        if updates.is_empty() {
            return Ok(states);
        }
        let wanted = i64::try_from(updates.len()).unwrap_or(i64::MAX);
        let reply = self
            .database
            .run_command(doc! { "update": "products", "updates": updates })
            .session(session)
            .await?;
        // `run_command` reports neither of these as an error.
        let matched = reply.get_i32("n").map(i64::from).unwrap_or_default();
        if reply.contains_key("writeErrors") || matched != wanted {
            return Err(Failed::Conflict);
        }
        Ok(states)
    }

    fn tell(
        &self,
        batch: &[Placed],
        decisions: &[Decision],
        changed: &[ProductState],
    ) -> Vec<Message> {
        let traces = traces(batch);
        let mut messages: Vec<Message> = decisions
            .iter()
            .map(|decision| self.message(decision, traces.get(&decision.id).cloned()))
            .collect();
        if let Some(first) = decisions.first() {
            let at = moment(first.decided_at);
            let told = quantity_updates(changed)
                .map(|event| Message::new(&self.topics, crate::SERVICE, &event, at, None));
            messages.extend(told);
        }
        messages
    }

    fn tell_again(&self, batch: &[Placed], known: &HashMap<ObjectId, Decision>) -> Vec<Message> {
        let traces = traces(batch);
        known
            .values()
            .map(|decision| self.message(decision, traces.get(&decision.id).cloned()))
            .collect()
    }

    fn message(&self, decision: &Decision, traceparent: Option<String>) -> Message {
        Message::new(
            &self.topics,
            crate::SERVICE,
            &decision.event(),
            moment(decision.decided_at),
            traceparent,
        )
    }
}

/// Longer with every try, up to a tenth of a second: the other one may be a transaction that a
/// killed process left behind, which lasts until the server ends it.
pub(super) fn pause(tries: u32) -> Duration {
    Duration::from_millis(u64::from(tries.min(20)) * 5)
}

fn on_hand(products: &HashMap<ObjectId, Product>) -> Stocks {
    products
        .values()
        .map(|product| {
            let id = domain::ProductId::from_bytes(product.id.bytes());
            (
                id,
                OnHand {
                    version: product.version(),
                    quantity: product.quantity,
                },
            )
        })
        .collect()
}

/// The events that tell of `changed`, each small enough for a message.
fn quantity_updates(changed: &[ProductState]) -> impl Iterator<Item = Event> {
    changed
        .chunks(MOST_IN_A_MESSAGE)
        .map(|products| Event::ProductsQuantityUpdate {
            products: products.to_vec(),
        })
}

/// Whether the server says that somebody else was there. A server that does not answer makes an
/// error transient too, and is to be waited for with more patience.
fn is_conflict(error: &Error) -> bool {
    is_transient(error)
        && matches!(
            &*error.kind,
            ErrorKind::Command(_) | ErrorKind::InsertMany(_) | ErrorKind::Write(_)
        )
}

/// Whether the database, or before it the driver, refuses for the size of a document or a
/// transaction.
fn is_too_large(error: &Error) -> bool {
    const TRANSACTION_TOO_LARGE: i32 = 257;
    const OBJECT_TOO_LARGE: i32 = 10334;
    match &*error.kind {
        ErrorKind::InvalidArgument { .. } => true,
        ErrorKind::Command(command) => {
            [TRANSACTION_TOO_LARGE, OBJECT_TOO_LARGE].contains(&command.code)
        }
        _ => false,
    }
}

fn traces(batch: &[Placed]) -> HashMap<ObjectId, String> {
    batch
        .iter()
        .filter_map(|placed| {
            Some((
                order_object_id(placed.order.id),
                placed.traceparent.clone()?,
            ))
        })
        .collect()
}

fn moment(time: DateTime) -> Timestamp {
    // Out of range only for years beyond 9999, which no clock here says.
    Timestamp::from_millisecond(time.timestamp_millis()).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use domain::{Money, ProductId, ProductName, Stock};

    use super::*;

    fn state(number: u16) -> ProductState {
        let mut id = [0; 12];
        id[..2].copy_from_slice(&number.to_be_bytes());
        ProductState {
            id: ProductId::from_bytes(id),
            name: ProductName::parse(&"𝒳".repeat(100)).expect("a name"),
            price: Money::MAX,
            quantity: Stock::try_from(i64::from(i32::MAX)).expect("a stock"),
            version: u64::MAX,
        }
    }

    #[test]
    fn given_any_number_of_products_when_told_then_each_is_told_once_in_messages_that_kafka_takes()
    {
        for count in [0, 1, 200, 201, 50_000] {
            let changed: Vec<ProductState> = (0..count).map(state).collect();
            let events: Vec<Event> = quantity_updates(&changed).collect();
            let ids: HashSet<String> = events.iter().map(Event::id).collect();
            assert_eq!(ids.len(), events.len(), "each has an id of its own");
            let mut told = Vec::new();
            for event in events {
                let length = serde_json::to_vec(&event).expect("JSON").len();
                assert!(length < 500_000, "{length} bytes");
                if let Event::ProductsQuantityUpdate { products } = event {
                    told.extend(products);
                }
            }
            assert_eq!(told, changed);
        }
    }
}
