//! The past status changes of a buyer's orders, by the index of them.

use std::collections::HashSet;

use domain::{Email, OrderId};
use mongo::time::timestamp;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, Document, Timestamp, doc};
use mongodb::error::{Error, ErrorKind};
use runtime::lifecycle::error_chain;
use serde::Deserialize;

use super::documents::{DecisionDocument, PENDING};
use super::indexes::HISTORY_INDEX;
use super::{Store, object_id, object_ids};
use crate::ports::StoreError;
use crate::stream::{ChangeKey, ClusterTime, History, HistoryPage, PastChange, StatusChange};

/// The number of changes in a page. With the longest reasons they take a megabyte.
const PAGE_SIZE: usize = 50;
/// The server's codes for a time of which it has no snapshot any more, or not yet.
const NO_SNAPSHOT: [i32; 2] = [239, 246];

#[derive(Debug, Deserialize)]
struct ChangedOrder {
    #[serde(rename = "_id")]
    id: ObjectId,
    status: String,
    decision: DecisionDocument,
}

impl History for Store {
    async fn page(
        &self,
        buyer: &Email,
        start: ChangeKey,
        at: ClusterTime,
    ) -> Result<HistoryPage, StoreError> {
        let after = Timestamp::from(start.changed_after);
        let filter = doc! {
            "client_email": buyer.as_str(),
            // The first condition bounds the scan of the index, the second one is exact.
            "changed_after": { "$gte": after },
            "$or": [
                { "changed_after": { "$gt": after } },
                { "_id": { "$gt": object_id(start.order) } },
            ],
        };
        let find = doc! {
            "find": self.orders.name(),
            "filter": filter,
            "sort": { "changed_after": 1, "_id": 1 },
            "limit": i64::try_from(PAGE_SIZE).unwrap_or(i64::MAX),
            "projection": { "status": 1, "decision": 1, "changed_after": 1 },
            "hint": HISTORY_INDEX,
        };
        let found = self.find_at(find, at).await?;
        self.freshness.record(Some(at.into()));
        let keys = found.iter().map(key).collect::<Result<Vec<_>, _>>()?;
        let next = keys.last().copied().filter(|_| keys.len() == PAGE_SIZE);
        let changes = keys.into_iter().zip(found);
        let changes = changes.filter_map(|(key, order)| past_change(key, order));
        Ok(HistoryPage {
            changes: changes.collect(),
            next,
        })
    }

    async fn pending_at(
        &self,
        orders: &[OrderId],
        at: ClusterTime,
    ) -> Result<Option<HashSet<OrderId>>, StoreError> {
        let find = doc! {
            "find": self.orders.name(),
            "filter": { "_id": { "$in": object_ids(orders) }, "status": PENDING },
            "projection": { "_id": 1 },
        };
        match self.find_at(find, at).await {
            Ok(pending) => pending.iter().map(id).collect::<Result<_, _>>().map(Some),
            Err(error) if has_no_snapshot(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

impl Store {
    /// Runs a `find` with a few small results, on the database as it was at `at`.
    async fn find_at(&self, mut find: Document, at: ClusterTime) -> Result<Vec<Document>, Error> {
        #[derive(Deserialize)]
        struct Reply {
            cursor: Cursor,
        }
        #[derive(Deserialize)]
        struct Cursor {
            #[serde(rename = "firstBatch")]
            found: Vec<Document>,
        }
        find.extend(doc! {
            // All results at once, without a cursor to close.
            "singleBatch": true,
            "batchSize": i64::try_from(PAGE_SIZE).unwrap_or(i64::MAX),
            "readConcern": { "level": "snapshot", "atClusterTime": Timestamp::from(at) },
            "maxTimeMS": i64::try_from(self.timeout.as_millis()).unwrap_or(i64::MAX),
        });
        let database = self.database.clone();
        let reply = mongo::with_timeout(
            self.timeout,
            async move { database.run_command(find).await },
        )
        .await?;
        let reply: Reply = mongodb::bson::deserialize_from_document(reply)?;
        Ok(reply.cursor.found)
    }
}

fn key(order: &Document) -> Result<ChangeKey, StoreError> {
    let changed_after = match order.get("changed_after") {
        Some(Bson::Timestamp(time)) => ClusterTime::from(*time),
        _ => return Err(StoreError::Unreadable("changed_after")),
    };
    let order = id(order)?;
    Ok(ChangeKey {
        changed_after,
        order,
    })
}

fn id(order: &Document) -> Result<OrderId, StoreError> {
    let id = order.get_object_id("_id");
    id.map(|id| OrderId::from_bytes(id.bytes()))
        .map_err(|_| StoreError::Unreadable("_id"))
}

/// Reads a change; `None` if an operator changed the order by hand to an unknown shape.
fn past_change(key: ChangeKey, order: Document) -> Option<PastChange> {
    let read = || -> Result<PastChange, StoreError> {
        let order: ChangedOrder =
            mongodb::bson::deserialize_from_document(order).map_err(Error::from)?;
        let change = StatusChange {
            id: OrderId::from_bytes(order.id.bytes()),
            at: timestamp(order.decision.at),
            outcome: order.decision.into_outcome(&order.status),
        };
        Ok(PastChange { key, change })
    };
    read()
        .inspect_err(|error| {
            tracing::warn!(
                order = %key.order,
                error = error_chain(error),
                "cannot read a status change; skipping it"
            );
        })
        .ok()
}

fn has_no_snapshot(error: &Error) -> bool {
    matches!(&*error.kind, ErrorKind::Command(command) if NO_SNAPSHOT.contains(&command.code))
}

impl From<Timestamp> for ClusterTime {
    fn from(time: Timestamp) -> Self {
        Self::new(time.time, time.increment)
    }
}

impl From<ClusterTime> for Timestamp {
    fn from(time: ClusterTime) -> Self {
        let (time, increment) = time.parts();
        Self { time, increment }
    }
}
