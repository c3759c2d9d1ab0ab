//! Decisions about orders.

use mongodb::bson::{Bson, Document, doc};

use super::documents::{self, ACCEPTED, PENDING, REJECTED};
use super::{Store, bulk, object_id};
use crate::order::{Decision, Outcome};
use crate::ports::StoreError;

/// Applies each decision whose order is pending. Other orders, and ids without an order, are ignored.
pub(super) async fn apply(store: &Store, decisions: Vec<Decision>) -> Result<(), StoreError> {
    let statements = decisions
        .into_iter()
        .map(transition)
        .collect::<Result<Vec<_>, _>>()?;
    let mut failed = bulk::update(&store.database, "orders", &statements).await?;
    let Some(error) = failed.pop() else {
        return Ok(());
    };
    tracing::error!(code = error.code, %error, "cannot apply a decision");
    Err(error.into())
}

/// The one transition of an order: from PENDING to its outcome.
fn transition(decision: Decision) -> Result<Document, StoreError> {
    let (status, rejection) = match decision.outcome {
        Outcome::Accepted => (ACCEPTED, None),
        Outcome::Rejected(rejection) => (REJECTED, rejection),
    };
    let reason: Bson =
        mongodb::bson::serialize_to_bson(&rejection).map_err(mongodb::error::Error::from)?;
    Ok(doc! {
        "q": { "_id": object_id(decision.id), "status": PENDING },
        // The update contains the buyer, so that the change stream can be filtered by it.
        "u": [{ "$set": {
            "status": status,
            "decision": {
                "at": documents::date(decision.at),
                // The name of a product may begin with a dollar sign.
                "reason": { "$literal": reason },
                "client_email": "$client_email",
            },
        } }],
    })
}
