//! The status changes of orders, read from a change stream.

use std::time::Duration;

use domain::OrderId;
use mongo::Freshness;
use mongo::time::timestamp;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, RawDocumentBuf, Timestamp, doc};
use mongodb::change_stream::ChangeStream;
use mongodb::error::{Error, ErrorKind};
use runtime::lifecycle::error_chain;
use serde::Deserialize;

use super::Store;
use super::documents::DecisionDocument;
use crate::ports::StoreError;
use crate::stream::{ChangeSource, Changes, ChangesError, ClusterTime, LiveChange, StatusChange};

/// The timeout of one read. A read without a change ends after the poll timeout, which is shorter.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// An open change stream.
pub(crate) struct MongoChanges {
    stream: ChangeStream<RawDocumentBuf>,
    position: ClusterTime,
    freshness: Freshness,
}

#[derive(Debug, Deserialize)]
struct ChangeDocument {
    #[serde(rename = "clusterTime")]
    committed: Timestamp,
    #[serde(rename = "documentKey")]
    key: KeyDocument,
    #[serde(rename = "updateDescription")]
    update: UpdateDocument,
}

#[derive(Debug, Deserialize)]
struct KeyDocument {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Debug, Deserialize)]
struct UpdateDocument {
    #[serde(rename = "updatedFields")]
    fields: FieldsDocument,
}

#[derive(Debug, Deserialize)]
struct FieldsDocument {
    status: String,
    decision: DecisionDocument,
}

impl ChangeSource for Store {
    type Changes = MongoChanges;

    async fn changes(
        &self,
        from: Option<ClusterTime>,
        poll_timeout: Duration,
    ) -> Result<MongoChanges, ChangesError> {
        let (orders, start) = (self.orders.clone(), from.map(ClusterTime::next));
        let stream = mongo::with_timeout(READ_TIMEOUT, async move {
            let watch = orders
                .watch()
                .pipeline(pipeline())
                .max_await_time(poll_timeout);
            match start {
                Some(start) => watch.start_at_operation_time(start.into()).await,
                None => watch.await,
            }
        })
        .await?
        .with_type::<RawDocumentBuf>();
        let position = match from {
            Some(from) => from,
            None => read_until(&stream)?.ok_or_else(unreadable_token)?,
        };
        Ok(MongoChanges {
            stream,
            position,
            freshness: self.freshness.clone(),
        })
    }
}

impl Changes for MongoChanges {
    async fn next(mut self) -> Result<(Self, Option<LiveChange>), ChangesError> {
        mongo::with_timeout(READ_TIMEOUT, async move {
            let change = self.poll().await?;
            Ok((self, change))
        })
        .await
    }

    fn position(&self) -> ClusterTime {
        self.position
    }
}

impl MongoChanges {
    async fn poll(&mut self) -> Result<Option<LiveChange>, ChangesError> {
        let Some(document) = self.stream.next_if_any().await? else {
            if !self.stream.is_alive() {
                return Err(ChangesError::Ended);
            }
            // Advances past changes that the pipeline filters out, so that resuming need not read them
            // again.
            if let Some(position) = read_until(&self.stream)? {
                self.position = self.position.max(position);
            }
            return Ok(None);
        };
        let change = read(&document);
        if let Some(change) = &change {
            self.position = change.committed;
            // After the event, its client must not read an older state.
            self.freshness.record(Some(change.committed.into()));
        }
        Ok(change)
    }
}

/// Selects the status changes and their fields.
fn pipeline() -> [Document; 2] {
    let matching = doc! {
        "operationType": "update",
        "updateDescription.updatedFields.status": { "$exists": true },
    };
    let fields = doc! {
        "operationType": 1,
        "ns": 1,
        "clusterTime": 1,
        "documentKey": 1,
        "updateDescription.updatedFields.status": 1,
        "updateDescription.updatedFields.decision": 1,
    };
    [doc! { "$match": matching }, doc! { "$project": fields }]
}

impl ChangeDocument {
    fn into_change(self) -> Result<LiveChange, StoreError> {
        let FieldsDocument { status, decision } = self.update.fields;
        Ok(LiveChange {
            committed: self.committed.into(),
            buyer: decision.buyer()?,
            change: StatusChange {
                id: OrderId::from_bytes(self.key.id.bytes()),
                at: timestamp(decision.at),
                outcome: decision.into_outcome(&status),
            },
        })
    }
}

/// Reads a change; `None` if an operator changed the order by hand to an unknown shape.
fn read(document: &RawDocumentBuf) -> Option<LiveChange> {
    mongodb::bson::deserialize_from_slice::<ChangeDocument>(document.as_bytes())
        .map_err(|error| Error::from(error).into())
        .and_then(ChangeDocument::into_change)
        .inspect_err(|error| {
            tracing::warn!(
                error = error_chain(error),
                "cannot read a status change; skipping it"
            );
        })
        .ok()
}

impl From<Error> for ChangesError {
    fn from(error: Error) -> Self {
        // The server's code for an invalid resume token depends on where it detects it. Resetting after
        // another error is cheap; treating a lost position as unavailable would make a client retry
        // forever.
        let is_refused = matches!(*error.kind, ErrorKind::Command(_));
        match StoreError::from(error) {
            StoreError::Failed(cause) | StoreError::Refused(cause) if is_refused => {
                Self::Lost(cause)
            }
            error => Self::Unavailable(error),
        }
    }
}

/// The time up to which an idle change stream was read; `None` if the server does not say.
fn read_until(stream: &ChangeStream<RawDocumentBuf>) -> Result<Option<ClusterTime>, ChangesError> {
    let Some(token) = stream.resume_token() else {
        return Ok(None);
    };
    let time = mongo::token_time(&token).map(ClusterTime::from);
    // Changes of that time may not have been read.
    time.map(|time| Some(time.previous()))
        .ok_or_else(unreadable_token)
}

fn unreadable_token() -> ChangesError {
    ChangesError::Unavailable(StoreError::Unreadable("resume token"))
}
