//! What products decided, applied to orders.

use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, Document, doc};

use super::documents::{PENDING, ReasonDocument, date, status_word};
use super::{Store, StoreError, bulk};
use crate::order::Decision;

impl Store {
    /// Applies `decisions` to the orders that are still pending. An order that is decided stays
    /// as it is, and one that is unknown is nobody's here.
    pub async fn decide(&self, decisions: Vec<Decision>) -> Result<(), StoreError> {
        let statements = decisions
            .into_iter()
            .map(statement)
            .collect::<Result<Vec<_>, _>>()?;
        match bulk::update(&self.database, "orders", &statements)
            .await?
            .first()
        {
            None => Ok(()),
            Some(failed) => {
                tracing::error!(
                    code = failed.code,
                    "a decision was refused: {}",
                    failed.errmsg
                );
                Err(StoreError::Statement(failed.code))
            }
        }
    }
}

fn statement(decision: Decision) -> Result<Document, StoreError> {
    let reason = decision.reason.map(ReasonDocument::from);
    let reason: Bson =
        mongodb::bson::serialize_to_bson(&reason).map_err(mongodb::error::Error::from)?;
    Ok(doc! {
        "q": { "_id": ObjectId::from_bytes(decision.id.bytes()), "status": PENDING },
        // The buyer is copied so that the change, as the event stream sees it, says whose it is.
        "u": [{ "$set": {
            "status": status_word(decision.status),
            "decision": {
                "at": date(decision.at),
                // A product's name may begin with a dollar sign.
                "reason": { "$literal": reason },
                "client_email": "$client_email",
            },
        } }],
    })
}
