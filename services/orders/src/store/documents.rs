//! The stored documents, and their conversion from and to the domain types.

mod order;

use domain::{Money, ProductId, ProductName, Stock};
use jiff::Timestamp;
use mongo::decimal;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, Decimal128};
use serde::{Deserialize, Serialize};

use crate::ports::StoreError;
use crate::product::ProductCopy;

pub(super) use order::{
    ACCEPTED, DecisionDocument, LineDocument, OrderDocument, PENDING, REJECTED,
};

/// A product in the product copy.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ProductDocument {
    #[serde(rename = "_id")]
    pub(super) id: ObjectId,
    pub(super) name: String,
    pub(super) price: Decimal128,
    pub(super) quantity: i64,
    #[serde(default)]
    pub(super) version: i64,
}

impl ProductDocument {
    pub(super) fn into_copy(self) -> Result<(ProductName, ProductCopy), StoreError> {
        let product = ProductCopy {
            id: ProductId::from_bytes(self.id.bytes()),
            price: money(self.price)?,
            stock: Stock::try_from(self.quantity)
                .map_err(|_| StoreError::Unreadable("quantity"))?,
        };
        Ok((product_name(self.name)?, product))
    }
}

pub(super) fn date(time: Timestamp) -> DateTime {
    DateTime::from_millis(time.as_millisecond())
}

pub(super) fn timestamp(date: DateTime) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(date.timestamp_millis()).map_err(|_| StoreError::Unreadable("time"))
}

fn money(decimal: Decimal128) -> Result<Money, StoreError> {
    decimal::to_hundredths(decimal)
        .and_then(|minor| Money::from_minor(minor).ok())
        .ok_or(StoreError::Unreadable("amount"))
}

fn product_name(name: String) -> Result<ProductName, StoreError> {
    ProductName::try_from(name).map_err(|_| StoreError::Unreadable("name"))
}
