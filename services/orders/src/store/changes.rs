//! The status changes of orders, read from a change stream.

use std::time::Duration;

use domain::{Email, OrderId};
use mongo::time::timestamp;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, RawDocumentBuf, doc};
use mongodb::change_stream::ChangeStream;
use mongodb::change_stream::event::ResumeToken;
use mongodb::error::{Error, ErrorKind};
use runtime::lifecycle::error_chain;
use serde::Deserialize;

use super::Store;
use super::documents::DecisionDocument;
use crate::ports::StoreError;
use crate::stream::{ChangeSource, Changes, ChangesError, Position, StatusChange};

/// The timeout of one read. A read without a change ends after the poll timeout, which is shorter.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// An open change stream.
pub(crate) struct MongoChanges {
    stream: ChangeStream<RawDocumentBuf>,
    position: Position,
}

#[derive(Debug, Deserialize)]
struct TokenDocument {
    #[serde(rename = "_data")]
    data: String,
}

#[derive(Debug, Deserialize)]
struct ChangeDocument {
    #[serde(rename = "_id")]
    token: TokenDocument,
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
        from: Option<&Position>,
        buyer: Option<&Email>,
        poll_timeout: Duration,
    ) -> Result<MongoChanges, ChangesError> {
        let pipeline = pipeline(buyer);
        let (orders, after) = (self.orders.clone(), from.map(resume_token).transpose()?);
        let stream = mongo::with_timeout(READ_TIMEOUT, async move {
            let watch = orders
                .watch()
                .pipeline(pipeline)
                .max_await_time(poll_timeout);
            match after {
                Some(after) => watch.start_after(after).await,
                None => watch.await,
            }
        })
        .await?
        .with_type::<RawDocumentBuf>();
        let position = match from {
            Some(from) => from.clone(),
            None => current_position(&stream)?.ok_or(unreadable_token())?,
        };
        Ok(MongoChanges { stream, position })
    }
}

impl Changes for MongoChanges {
    async fn next(mut self) -> Result<(Self, Option<StatusChange>), ChangesError> {
        mongo::with_timeout(READ_TIMEOUT, async move {
            let change = self.poll().await?;
            Ok((self, change))
        })
        .await
    }

    fn position(&self) -> &Position {
        &self.position
    }
}

impl MongoChanges {
    async fn poll(&mut self) -> Result<Option<StatusChange>, ChangesError> {
        let Some(document) = self.stream.next_if_any().await? else {
            if !self.stream.is_alive() {
                return Err(ChangesError::Ended);
            }
            // Advances past changes that the pipeline filters out, so that resuming need not read them
            // again.
            if let Some(position) = current_position(&self.stream)? {
                self.position = position;
            }
            return Ok(None);
        };
        let change = read(&document);
        match (&change, current_position(&self.stream)?) {
            (Some(change), _) => self.position = change.position.clone(),
            (None, Some(position)) => self.position = position,
            (None, None) => {}
        }
        Ok(change)
    }
}

/// Selects the status changes, of one buyer or of all, and their fields.
fn pipeline(buyer: Option<&Email>) -> [Document; 2] {
    let mut matching = doc! {
        "operationType": "update",
        "updateDescription.updatedFields.status": { "$exists": true },
    };
    if let Some(buyer) = buyer {
        matching.insert(
            "updateDescription.updatedFields.decision.client_email",
            buyer.as_str(),
        );
    }
    let fields = doc! {
        "operationType": 1,
        "ns": 1,
        "documentKey": 1,
        "updateDescription.updatedFields.status": 1,
        "updateDescription.updatedFields.decision": 1,
    };
    [doc! { "$match": matching }, doc! { "$project": fields }]
}

impl ChangeDocument {
    fn into_change(self) -> Result<StatusChange, StoreError> {
        let FieldsDocument { status, decision } = self.update.fields;
        Ok(StatusChange {
            position: Position::from_token_data(&self.token.data)
                .ok_or(StoreError::Unreadable("resume token"))?,
            id: OrderId::from_bytes(self.key.id.bytes()),
            buyer: decision.buyer()?,
            at: timestamp(decision.at),
            outcome: decision.into_outcome(&status),
        })
    }
}

/// Reads a change; `None` if an operator changed the order by hand to an unknown shape.
fn read(document: &RawDocumentBuf) -> Option<StatusChange> {
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

fn resume_token(position: &Position) -> Result<ResumeToken, ChangesError> {
    mongodb::bson::deserialize_from_document(doc! { "_data": position.token_data() })
        .map_err(|error| Error::from(error).into())
}

fn current_position(
    stream: &ChangeStream<RawDocumentBuf>,
) -> Result<Option<Position>, ChangesError> {
    let Some(token) = stream.resume_token() else {
        return Ok(None);
    };
    let token = mongodb::bson::serialize_to_document(&token).map_err(Error::from)?;
    Ok(token
        .get_str("_data")
        .ok()
        .and_then(Position::from_token_data))
}

fn unreadable_token() -> ChangesError {
    ChangesError::Unavailable(StoreError::Unreadable("resume token"))
}
