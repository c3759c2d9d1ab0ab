//! Changes of the catalogue by admins.

use mongo::time::date;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, Decimal128};
use serde::{Deserialize, Serialize};

use super::version_to_i64;
use crate::catalogue::ChangeId;
use crate::ports::{self, RecordedChange, RecordedRequest};

/// A change by an admin. Decisions and changes together account for every version of a product.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::store) struct ProductChange {
    /// Derived from the admin and the idempotency key, if there is one.
    #[serde(rename = "_id")]
    id: ObjectId,
    product_id: ObjectId,
    delta: i64,
    version: i64,
    at: DateTime,
    /// Present if the price changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    repricing: Option<PriceChange>,
    /// The request and its response, for a repeat with the same idempotency key, until they are
    /// archived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request: Option<String>,
    #[serde(default, rename = "answer", skip_serializing_if = "Option::is_none")]
    response: Option<String>,
    /// The digest of the request, once that is archived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request_digest: Option<String>,
}

/// A price change. The numbers are in the order of the commits and have no gaps, so a reader that
/// has seen one has seen all before it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(in crate::store) struct PriceChange {
    pub(in crate::store) number: i64,
    pub(in crate::store) former_price: Decimal128,
}

impl ProductChange {
    pub(in crate::store) fn new(
        product: ObjectId,
        change: ports::ProductChange,
        repricing: Option<PriceChange>,
    ) -> Self {
        let (id, request, response) = match change.record {
            Some((ChangeId(id), record)) => (
                ObjectId::from_bytes(id),
                Some(record.fingerprint),
                Some(record.response),
            ),
            None => (ObjectId::new(), None, None),
        };
        Self {
            id,
            product_id: product,
            delta: change.delta,
            version: version_to_i64(change.version),
            at: date(change.at),
            repricing,
            request,
            response,
            request_digest: None,
        }
    }

    pub(in crate::store) fn into_record(self) -> RecordedChange {
        let request = self.request.map(RecordedRequest::Fingerprint);
        let archived = self.request_digest.map(RecordedRequest::Digest);
        RecordedChange {
            request: request.or(archived),
            response: self.response,
        }
    }
}
