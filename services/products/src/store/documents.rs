//! The stored documents.

mod audit;
mod change;
mod decision;
mod product;

use domain::{ProductId, Stock};
use mongodb::bson::Bson;
use mongodb::bson::oid::ObjectId;

pub(super) use audit::Audit;
pub(super) use change::{PriceChange, ProductChange};
pub(super) use decision::{Decision, Line};
pub(super) use product::{
    Category, ListedProduct, Product, category_object_ids, invalid_price, price,
};

pub(super) fn object_id(product: ProductId) -> ObjectId {
    ObjectId::from_bytes(product.bytes())
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
