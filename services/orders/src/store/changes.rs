//! The history of changes of orders' statuses, as a change stream tells it.

use std::time::Duration;

use domain::Email;
use domain::OrderId;
use events::OrderStatus;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, RawDocumentBuf, doc};
use mongodb::change_stream::ChangeStream;
use mongodb::change_stream::event::ResumeToken;
use mongodb::error::{Error, ErrorKind};
use runtime::lifecycle::error_chain;
use serde::Deserialize;

use super::documents::{DecisionDocument, timestamp};
use super::{Store, StoreError};
use crate::stream::{Position, StatusChange};

/// How long a look at the history is waited for, which ends by itself when there is nothing.
const PATIENCE: Duration = Duration::from_secs(10);

/// Status changes, one after the other.
pub struct Changes {
    stream: ChangeStream<RawDocumentBuf>,
    position: Position,
}

/// Why the history does not go on.
#[derive(Debug, thiserror::Error)]
pub enum ChangesError {
    /// From this place on it is not known any more, or never was.
    #[error("the history of changes does not reach back that far")]
    Lost(#[source] mongo::StoreError),
    /// The orders were dropped or renamed, with all their history.
    #[error("the history of changes has ended")]
    Ended,
    /// The database is away; the place stays good.
    #[error("the history of changes cannot be read")]
    Away(#[source] StoreError),
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
    status: OrderStatus,
    decision: DecisionDocument,
}

impl Store {
    /// The status changes after `from`, or from now on; of one buyer, or of all. A call waits
    /// for at most `pause` for the next change.
    pub async fn changes(
        &self,
        from: Option<&Position>,
        buyer: Option<&Email>,
        pause: Duration,
    ) -> Result<Changes, ChangesError> {
        let mut wanted = doc! {
            "operationType": "update",
            "updateDescription.updatedFields.status": { "$exists": true },
        };
        if let Some(buyer) = buyer {
            wanted.insert(
                "updateDescription.updatedFields.decision.client_email",
                buyer.as_str(),
            );
        }
        let few_fields = doc! {
            "operationType": 1,
            "ns": 1,
            "documentKey": 1,
            "updateDescription.updatedFields.status": 1,
            "updateDescription.updatedFields.decision": 1,
        };
        let (orders, after) = (self.orders.clone(), from.map(token).transpose()?);
        let stream = mongo::with_timeout(PATIENCE, async move {
            let watch = orders
                .watch()
                .pipeline([doc! { "$match": wanted }, doc! { "$project": few_fields }])
                .max_await_time(pause);
            match after {
                Some(after) => watch.start_after(after).await,
                None => watch.await,
            }
        })
        .await?
        .with_type::<RawDocumentBuf>();
        let position = match from {
            Some(from) => from.clone(),
            None => current(&stream)?
                .ok_or(ChangesError::Away(StoreError::Unreadable("a resume token")))?,
        };
        Ok(Changes { stream, position })
    }
}

impl Changes {
    /// The next change, if there is one soon, and the history from there on.
    pub async fn next(mut self) -> Result<(Self, Option<StatusChange>), ChangesError> {
        mongo::with_timeout(PATIENCE, async move {
            let change = self.look().await?;
            Ok((self, change))
        })
        .await
    }

    async fn look(&mut self) -> Result<Option<StatusChange>, ChangesError> {
        let Some(document) = self.stream.next_if_any().await? else {
            if !self.stream.is_alive() {
                return Err(ChangesError::Ended);
            }
            // The end of what there is, which may be far beyond the last change that concerns us.
            if let Some(position) = current(&self.stream)? {
                self.position = position;
            }
            return Ok(None);
        };
        let change = read(&document);
        match (&change, current(&self.stream)?) {
            (Some(change), _) => self.position = change.position.clone(),
            (None, Some(position)) => self.position = position,
            (None, None) => {}
        }
        Ok(change)
    }

    /// Up to where the history has been read.
    pub fn position(&self) -> &Position {
        &self.position
    }
}

impl ChangeDocument {
    fn into_change(self) -> Result<StatusChange, StoreError> {
        let FieldsDocument { status, decision } = self.update.fields;
        Ok(StatusChange {
            position: Position::from_token_data(&self.token.data)
                .ok_or(StoreError::Unreadable("a resume token"))?,
            id: OrderId::from_bytes(self.key.id.bytes()),
            buyer: Email::parse(&decision.client_email)
                .map_err(|_| StoreError::Unreadable("client_email"))?,
            status,
            reason: decision.reason.map(Into::into),
            at: timestamp(decision.at)?,
        })
    }
}

/// The change, unless somebody changed an order by hand: nobody can be told of that.
fn read(document: &RawDocumentBuf) -> Option<StatusChange> {
    let change = mongodb::bson::deserialize_from_slice::<ChangeDocument>(document.as_bytes())
        .map_err(|error| Error::from(error).into())
        .and_then(ChangeDocument::into_change);
    match change {
        Ok(change) => Some(change),
        Err(error) => {
            tracing::warn!(
                error = error_chain(&error),
                "passes over a change that it cannot read"
            );
            None
        }
    }
}

impl From<Error> for ChangesError {
    fn from(error: Error) -> Self {
        // What the server says of a place that is none depends on where it notices. To take
        // another error for that costs a reset; the opposite would keep a client coming back.
        let is_refusal = matches!(*error.kind, ErrorKind::Command(_));
        let error = mongo::StoreError::from(error);
        if is_refusal && !error.is_retryable() {
            Self::Lost(error)
        } else {
            Self::Away(error.into())
        }
    }
}

fn token(position: &Position) -> Result<ResumeToken, ChangesError> {
    mongodb::bson::deserialize_from_document(doc! { "_data": position.token_data() })
        .map_err(|error| ChangesError::Away(Error::from(error).into()))
}

fn current(stream: &ChangeStream<RawDocumentBuf>) -> Result<Option<Position>, ChangesError> {
    let Some(token) = stream.resume_token() else {
        return Ok(None);
    };
    let document: Document = mongodb::bson::serialize_to_document(&token)
        .map_err(|error| ChangesError::Away(Error::from(error).into()))?;
    Ok(document
        .get_str("_data")
        .ok()
        .and_then(Position::from_token_data))
}
