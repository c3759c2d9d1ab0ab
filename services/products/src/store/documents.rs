//! The stored documents.

use std::collections::HashMap;

use domain::{CategoryName, Description, Email, Money, OrderId, ProductId, ProductName, Stock};
use events::ProductState;
use jiff::Timestamp;
use mongo::decimal;
use mongo::time::{date, timestamp};
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, DateTime, Decimal128, Document, doc};
use mongodb::error::Error;
use serde::{Deserialize, Serialize};

use crate::audit::{AuditRecord, FieldChange};
use crate::catalogue::{self, CategoryId, ChangeId, VersionedProduct};
use crate::ports::{self, EarlierDecision, NewProduct, RecordedChange, RecordedRequest};
use crate::search;
use crate::stock::{self, Shortage};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Category {
    #[serde(rename = "_id")]
    pub(super) id: ObjectId,
    pub(super) name: CategoryName,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Product {
    #[serde(rename = "_id")]
    pub(super) id: ObjectId,
    pub(super) name: ProductName,
    pub(super) description: Description,
    pub(super) price: Decimal128,
    pub(super) quantity: Stock,
    pub(super) categories: Vec<ObjectId>,
    pub(super) version: i64,
    pub(super) created_at: DateTime,
    /// The search words of its name and description.
    pub(super) words: Vec<String>,
    /// The sort key by name.
    #[serde(default)]
    pub(super) name_key: String,
}

/// The fields of a product that a list needs.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct ListedProduct {
    #[serde(rename = "_id")]
    pub(super) id: ObjectId,
    name: ProductName,
    description: Description,
    pub(super) price: Decimal128,
    quantity: Stock,
    pub(super) categories: Vec<ObjectId>,
    pub(super) created_at: DateTime,
    #[serde(default)]
    pub(super) name_key: String,
}

/// A decision about an order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Decision {
    #[serde(rename = "_id")]
    pub(super) id: ObjectId,
    pub(super) status: Status,
    pub(super) reason: Option<StoredReason>,
    pub(super) lines: Vec<Line>,
    pub(super) decided_at: DateTime,
    /// When the order was placed. A decision without it is never archived: those of earlier releases
    /// and of the development data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) placed_at: Option<DateTime>,
    pub(super) stock: Vec<StockSeen>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Status {
    Accepted,
    Rejected,
    /// Of a later release.
    #[serde(untagged)]
    Other(String),
}

/// The only code of a reason that this release stores.
pub(super) const INSUFFICIENT_STOCK: &str = "insufficient_stock";

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct StoredReason {
    pub(super) code: String,
    /// The first products with insufficient stock; all of them in documents of earlier releases.
    pub(super) products: Vec<ProductName>,
    /// How many more there are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) more: u32,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) product_id: ObjectId,
    pub(super) quantity: i32,
}

/// The stock before a decision.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct StockSeen {
    pub(super) product_id: ObjectId,
    pub(super) version: i64,
    pub(super) available: i32,
}

/// A change by an admin. Decisions and changes together account for every version of a product.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ProductChange {
    /// Derived from the admin and the idempotency key, if there is one.
    #[serde(rename = "_id")]
    pub(super) id: ObjectId,
    pub(super) product_id: ObjectId,
    pub(super) delta: i64,
    pub(super) version: i64,
    pub(super) at: DateTime,
    /// Present if the price changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) repricing: Option<PriceChange>,
    /// The request and its response, for a repeat with the same idempotency key, until they are
    /// archived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) request: Option<String>,
    #[serde(default, rename = "answer", skip_serializing_if = "Option::is_none")]
    pub(super) response: Option<String>,
    /// The digest of the request, once that is archived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) request_digest: Option<String>,
}

/// What an admin did to the catalogue.
#[derive(Serialize, Deserialize)]
pub(super) struct Audit {
    #[serde(rename = "_id")]
    id: ObjectId,
    at: DateTime,
    admin: Email,
    action: String,
    /// The name of the product or category.
    subject: String,
    /// The product's version after the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    fields: Vec<AuditField>,
}

#[derive(Serialize, Deserialize)]
struct AuditField {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

impl Audit {
    pub(super) fn new(record: &AuditRecord, version: Option<u64>, at: Timestamp) -> Self {
        let field = |field: &FieldChange| AuditField {
            name: field.name.to_owned(),
            before: field.before.clone(),
            after: field.after.clone(),
        };
        Self {
            id: ObjectId::new(),
            at: date(at),
            admin: record.admin.clone(),
            action: record.action.name().to_owned(),
            subject: record.action.subject().to_owned(),
            version: version.map(version_to_i64),
            fields: record.fields.iter().map(field).collect(),
        }
    }
}

/// A price change. The numbers are in the order of the commits and have no gaps, so a reader that
/// has seen one has seen all before it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct PriceChange {
    pub(super) number: i64,
    pub(super) former_price: Decimal128,
}

impl ProductChange {
    pub(super) fn new(
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

    pub(super) fn into_record(self) -> RecordedChange {
        let request = self.request.map(RecordedRequest::Fingerprint);
        let archived = self.request_digest.map(RecordedRequest::Digest);
        RecordedChange {
            request: request
                .or(archived)
                .unwrap_or(RecordedRequest::Fingerprint(String::new())),
            response: self.response,
        }
    }
}

impl Product {
    pub(super) fn new(new: &NewProduct) -> Self {
        let product = &new.product;
        Self {
            id: object_id(new.id),
            name: product.name.clone(),
            description: product.description.clone(),
            price: price(product.price),
            quantity: product.quantity,
            categories: category_object_ids(&new.categories),
            version: 1,
            created_at: date(new.created_at),
            words: Self::words(&product.name, &product.description),
            name_key: search::name_key(product.name.as_str()),
        }
    }

    pub(super) fn words(name: &ProductName, description: &Description) -> Vec<String> {
        search::words([name.as_str(), description.as_str()])
    }

    pub(super) fn price(&self) -> Result<Money, Error> {
        money(self.id, self.price)
    }

    /// Returns the state that is published to orders.
    pub(super) fn into_state(self) -> Result<ProductState, Error> {
        Ok(ProductState {
            id: ProductId::from_bytes(self.id.bytes()),
            price: self.price()?,
            quantity: self.quantity,
            version: self.version.unsigned_abs(),
            name: self.name,
        })
    }

    pub(super) fn into_versioned(
        self,
        names: &HashMap<ObjectId, CategoryName>,
    ) -> Result<VersionedProduct, Error> {
        Ok(VersionedProduct {
            id: ProductId::from_bytes(self.id.bytes()),
            version: self.version.unsigned_abs(),
            product: catalogue::Product {
                price: self.price()?,
                name: self.name,
                description: self.description,
                quantity: self.quantity,
                categories: names_of(&self.categories, names),
            },
        })
    }
}

impl ListedProduct {
    /// The fields that the database returns.
    pub(super) fn projection() -> Document {
        doc! {
            "name": 1, "description": 1, "price": 1, "quantity": 1, "categories": 1,
            "created_at": 1, "name_key": 1,
        }
    }

    pub(super) fn into_product(
        self,
        names: &HashMap<ObjectId, CategoryName>,
    ) -> Result<catalogue::Product, Error> {
        Ok(catalogue::Product {
            price: money(self.id, self.price)?,
            name: self.name,
            description: self.description,
            quantity: self.quantity,
            categories: names_of(&self.categories, names),
        })
    }
}

fn names_of(categories: &[ObjectId], names: &HashMap<ObjectId, CategoryName>) -> Vec<CategoryName> {
    let categories = categories.iter();
    categories.filter_map(|id| names.get(id).cloned()).collect()
}

fn money(product: ObjectId, price: Decimal128) -> Result<Money, Error> {
    decimal::to_hundredths(price)
        .and_then(|minor| Money::from_minor(minor).ok())
        .ok_or_else(|| invalid_price(product, price))
}

pub(super) fn invalid_price(product: ObjectId, price: Decimal128) -> Error {
    Error::custom(format!("product {product} has the invalid price {price}"))
}

pub(super) fn price(money: Money) -> Decimal128 {
    decimal::from_hundredths(money.minor())
}

pub(super) fn object_id(product: ProductId) -> ObjectId {
    ObjectId::from_bytes(product.bytes())
}

pub(super) fn category_object_ids(categories: &[CategoryId]) -> Vec<ObjectId> {
    let ids = categories.iter().map(|id| ObjectId::from_bytes(id.0));
    ids.collect()
}

pub(super) fn version_to_i64(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

/// Returns a number of units, which never exceeds 31 bits.
fn units(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

pub(super) fn stock_bson(stock: Stock) -> Bson {
    Bson::Int32(units(stock.get()))
}

impl Decision {
    pub(super) fn of(decision: &stock::Decision, at: DateTime) -> Self {
        let order = &decision.order;
        let (status, reason) = match &decision.outcome {
            stock::Outcome::Accepted => (Status::Accepted, None),
            stock::Outcome::Rejected(short) => {
                let reason = StoredReason {
                    code: INSUFFICIENT_STOCK.to_owned(),
                    products: short.products.clone(),
                    more: short.more,
                };
                (Status::Rejected, Some(reason))
            }
        };
        let line = |line: &stock::Line| Line {
            product_id: object_id(line.product),
            quantity: units(line.quantity.get()),
        };
        let seen = |seen: &stock::StockSeen| StockSeen {
            product_id: object_id(seen.product),
            version: version_to_i64(seen.version),
            available: units(seen.available.get()),
        };
        Self {
            id: ObjectId::from_bytes(order.id.bytes()),
            status,
            reason,
            lines: order.lines.iter().map(line).collect(),
            decided_at: at,
            placed_at: order.placed_at.map(date),
            stock: decision.seen.iter().map(seen).collect(),
        }
    }

    pub(super) fn into_earlier(self) -> (OrderId, EarlierDecision) {
        let outcome = match (self.status, self.reason) {
            (Status::Accepted, _) => Some(stock::Outcome::Accepted),
            (Status::Rejected, None) => Some(stock::Outcome::Rejected(Shortage::default())),
            (Status::Rejected, Some(reason)) if reason.code == INSUFFICIENT_STOCK => {
                Some(stock::Outcome::Rejected(Shortage {
                    products: reason.products,
                    more: reason.more,
                }))
            }
            (Status::Rejected | Status::Other(_), _) => None,
        };
        let decision = EarlierDecision {
            outcome,
            decided_at: timestamp(self.decided_at),
        };
        (OrderId::from_bytes(self.id.bytes()), decision)
    }
}
