//! The development data.

use std::time::Duration;

use domain::ProductName;
use jiff::Timestamp;
use mongo::time::date;
use mongo::{decimal, ignore_duplicate_keys};
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use mongodb::error::Error;

use super::Store;
use super::documents::{
    ACCEPTED, DecisionDocument, LineDocument, OrderDocument, ProductDocument, REJECTED,
};
use crate::order::{Rejection, RejectionCode};

/// The last bytes of every id in the development data.
const ID_TAIL: [u8; 11] = [
    0xfe, 0xfe, 0x4a, 0x1c, 0xad, 0x41, 0x40, 0x78, 0x59, 0x28, 0xa4,
];
/// Earlier than any other order.
const CREATED_AT: Timestamp = Timestamp::constant(1_735_689_600, 0);

/// Id, name, price in minor units and stock.
type SeedProduct = (u8, &'static str, i64, i64);

const PRODUCTS: [SeedProduct; 4] = [
    (0x10, "cutlery", 599, 200),
    (0x11, "chair", 2999, 30),
    (0x12, "laptop", 129_999, 1),
    (0x13, "headphones", 9999, 1),
];

/// Id, buyer, status, and the lines: indexes of [`PRODUCTS`] and quantities.
type SeedOrder = (u8, &'static str, &'static str, &'static [(usize, i64)]);

const ORDERS: [SeedOrder; 3] = [
    (0x71, "aaa@aaa.com", ACCEPTED, &[(0, 4), (1, 2)]),
    (0x72, "bbb@bbb.com", ACCEPTED, &[(2, 1)]),
    (0x73, "ccc@ccc.com", REJECTED, &[(3, 7)]),
];

impl Store {
    /// Loads the development data, unless the database contains other data. An earlier start may
    /// have loaded a part of it.
    pub(crate) async fn seed(&self) -> Result<(), Error> {
        let orders = ORDERS.map(|(order, ..)| id(order));
        if self.has_other("orders", &orders).await? || self.has_other("products", &[]).await? {
            return Ok(());
        }
        let orders = ORDERS.into_iter().zip(0..).map(order_document);
        ignore_duplicate_keys(self.orders.insert_many(orders).ordered(false).await)?;
        let products = PRODUCTS.map(product_document);
        ignore_duplicate_keys(self.products.insert_many(products).ordered(false).await)?;
        tracing::info!("loaded the development data");
        Ok(())
    }

    /// Whether `collection` contains a document whose id is not in `ids`.
    async fn has_other(&self, collection: &str, ids: &[ObjectId]) -> Result<bool, Error> {
        let documents = self.database.collection::<Document>(collection);
        let other = documents.find_one(doc! { "_id": { "$nin": ids } });
        Ok(other.await?.is_some())
    }
}

fn id(first: u8) -> ObjectId {
    let mut bytes = [first; 12];
    bytes[1..].copy_from_slice(&ID_TAIL);
    ObjectId::from_bytes(bytes)
}

fn product_document((product, name, minor, stock): SeedProduct) -> ProductDocument {
    ProductDocument {
        id: id(product),
        name: name.to_owned(),
        price: decimal::from_hundredths(minor),
        quantity: stock,
        version: 1,
    }
}

fn order_document(((order, buyer, status, lines), minutes): (SeedOrder, u64)) -> OrderDocument {
    let at = date(CREATED_AT + Duration::from_secs(60 * minutes));
    let lines = lines.iter();
    let lines = lines.map(|(product, quantity)| (PRODUCTS[*product], *quantity));
    let cost = lines.clone().map(|((_, _, minor, _), count)| minor * count);
    let names = lines.clone();
    let names = names.filter_map(|((_, name, ..), _)| ProductName::parse(name).ok());
    let reason = (status == REJECTED).then(|| Rejection {
        code: RejectionCode::InsufficientStock,
        products: names.collect(),
    });
    OrderDocument {
        id: id(order),
        client_email: buyer.to_owned(),
        status: status.to_owned(),
        cost: decimal::from_hundredths(cost.sum()),
        products: lines.map(line_document).collect(),
        created_at: at,
        idempotency_key: None,
        traceparent: None,
        resend: None,
        decision: Some(DecisionDocument {
            at,
            reason,
            client_email: buyer.to_owned(),
        }),
    }
}

fn line_document(((product, name, minor, _), quantity): (SeedProduct, i64)) -> LineDocument {
    LineDocument {
        id: id(product),
        name: name.to_owned(),
        price: decimal::from_hundredths(minor),
        quantity,
    }
}
