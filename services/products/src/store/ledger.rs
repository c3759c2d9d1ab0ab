//! The ledger: decisions and stock.

use std::collections::HashMap;

use domain::OrderId;
use events::ProductState;
use futures::TryStreamExt as _;
use jiff::Timestamp;
use messaging::outbox::Stored;
use mongo::time::date;
use mongo::{BACKGROUND_TIMEOUT, commit, time_left};
use mongodb::ClientSession;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use mongodb::error::Error;
use runtime::crash::crash_point;

use super::documents::{Decision, Product, object_id, stock_bson, version_to_i64};
use super::error::matched;
use super::{Store, commit_within};
use crate::ports::{EarlierDecision, Effects, Ledger, Loaded, StoreError};
use crate::stock::{Order, Products};

/// Everything that is read for a batch.
struct Read {
    decided: HashMap<OrderId, EarlierDecision>,
    archived_until: Option<Timestamp>,
    products: Products,
}

impl Ledger for Store {
    type Transaction = ClientSession;
    type Stored = Stored;

    async fn load(&self, orders: &[Order]) -> Result<Loaded<ClientSession>, StoreError> {
        let orders = orders.to_vec();
        self.run_in_background(|store| async move {
            let mut transaction = store.transaction().await?;
            match store.load_in(&mut transaction, &orders).await {
                Ok(read) => Ok(Loaded {
                    transaction,
                    decided: read.decided,
                    archived_until: read.archived_until,
                    products: read.products,
                }),
                Err(error) => Err(failed(&mut transaction, error.into()).await),
            }
        })
        .await
    }

    async fn commit(
        &self,
        mut session: ClientSession,
        effects: Effects,
    ) -> Result<Stored, StoreError> {
        let store = self.clone();
        commit_within(BACKGROUND_TIMEOUT, async move {
            let stored = match store.write_in(&mut session, effects).await {
                Ok(stored) => stored,
                Err(error) => return Err(failed(&mut session, error).await),
            };
            crash_point("products.in-transaction");
            commit(&mut session).await?;
            store.freshness.record(session.operation_time());
            crash_point("products.after-commit");
            Ok(stored)
        })
        .await
    }
}

/// Aborts a failed transaction. The server aborts it as well, but later.
async fn failed(session: &mut ClientSession, error: StoreError) -> StoreError {
    let _ = session.abort_transaction().await;
    error
}

impl Store {
    async fn load_in(&self, session: &mut ClientSession, orders: &[Order]) -> Result<Read, Error> {
        let decided = self.earlier_decisions(session, orders).await?;
        let undecided = orders
            .iter()
            .filter(|order| !decided.contains_key(&order.id));
        let lines = undecided.flat_map(|order| &order.lines);
        let mut ids: Vec<ObjectId> = lines.map(|line| object_id(line.product)).collect();
        ids.sort_unstable();
        ids.dedup();
        let (mut archived_until, mut products) = (None, Products::new());
        if !ids.is_empty() {
            archived_until = self.archived_until(session).await?;
            products = self.product_states(session, ids).await?;
        }
        Ok(Read {
            decided,
            archived_until,
            products,
        })
    }

    async fn earlier_decisions(
        &self,
        session: &mut ClientSession,
        orders: &[Order],
    ) -> Result<HashMap<OrderId, EarlierDecision>, Error> {
        let ids = orders
            .iter()
            .map(|order| ObjectId::from_bytes(order.id.bytes()));
        let by_id = doc! { "_id": { "$in": ids.collect::<Vec<_>>() } };
        let found = self.decisions.find(by_id).max_time(time_left());
        let mut found = found.session(&mut *session).await?;
        found
            .stream(session)
            .map_ok(Decision::into_earlier)
            .try_collect()
            .await
    }

    async fn product_states(
        &self,
        session: &mut ClientSession,
        ids: Vec<ObjectId>,
    ) -> Result<Products, Error> {
        let by_id = doc! { "_id": { "$in": ids } };
        let found = self.products.find(by_id).max_time(time_left());
        let mut found = found.session(&mut *session).await?;
        let found: Vec<Product> = found.stream(session).try_collect().await?;
        found
            .into_iter()
            .map(|product| product.into_state().map(|state| (state.id, state)))
            .collect()
    }

    async fn write_in(
        &self,
        session: &mut ClientSession,
        effects: Effects,
    ) -> Result<Stored, StoreError> {
        let (outcome, at) = (&effects.outcome, effects.decided_at);
        if !outcome.decisions.is_empty() {
            let decisions = outcome.decisions.iter();
            let decisions = decisions.map(|decision| Decision::of(decision, date(at)));
            self.decisions
                .insert_many(decisions)
                .session(&mut *session)
                .await?;
        }
        self.update_stock(session, &outcome.changed).await?;
        Ok(self.outbox.store(session, effects.messages).await?)
    }

    /// Writes the new stock, if the products still have the versions that were loaded.
    async fn update_stock(
        &self,
        session: &mut ClientSession,
        changed: &[ProductState],
    ) -> Result<(), StoreError> {
        if changed.is_empty() {
            return Ok(());
        }
        let updates: Vec<Document> = changed.iter().map(guarded_update).collect();
        let expected = i64::try_from(updates.len()).unwrap_or(i64::MAX);
        let reply = self
            .database
            .run_command(doc! { "update": "products", "updates": updates })
            .session(session)
            .await?;
        if matched(&reply).ok() != Some(expected) {
            return Err(StoreError::Conflict(
                "a product has another version than the one that was read".into(),
            ));
        }
        Ok(())
    }
}

fn guarded_update(product: &ProductState) -> Document {
    let version = version_to_i64(product.version);
    doc! {
        "q": { "_id": object_id(product.id), "version": version - 1 },
        "u": { "$set": { "quantity": stock_bson(product.quantity), "version": version } },
    }
}
