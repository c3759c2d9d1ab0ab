//! The development data.

use std::time::Duration;

use domain::ProductName;
use events::ReasonCode;
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
use crate::order::{Rejection, Rendering};

/// The last bytes of every id in the development data.
const ID_TAIL: [u8; 11] = [
    0xfe, 0xfe, 0x4a, 0x1c, 0xad, 0x41, 0x40, 0x78, 0x59, 0x28, 0xa4,
];
/// Earlier than any other order.
const CREATED_AT: Timestamp = Timestamp::constant(1_735_689_600, 0);

struct SeedProduct {
    id: u8,
    name: &'static str,
    minor: i64,
    stock: i64,
}

struct SeedOrder {
    id: u8,
    buyer: &'static str,
    status: &'static str,
    /// Indexes of [`PRODUCTS`] and quantities.
    lines: &'static [(usize, i64)],
}

const fn product(id: u8, name: &'static str, minor: i64, stock: i64) -> SeedProduct {
    SeedProduct {
        id,
        name,
        minor,
        stock,
    }
}

const PRODUCTS: [SeedProduct; 4] = [
    product(0x10, "cutlery", 599, 200),
    product(0x11, "chair", 2999, 30),
    product(0x12, "laptop", 129_999, 1),
    product(0x13, "headphones", 9999, 1),
];

const ORDERS: [SeedOrder; 3] = [
    SeedOrder {
        id: 0x71,
        buyer: "aaa@aaa.com",
        status: ACCEPTED,
        lines: &[(0, 4), (1, 2)],
    },
    SeedOrder {
        id: 0x72,
        buyer: "bbb@bbb.com",
        status: ACCEPTED,
        lines: &[(2, 1)],
    },
    SeedOrder {
        id: 0x73,
        buyer: "ccc@ccc.com",
        status: REJECTED,
        lines: &[(3, 7)],
    },
];

impl Store {
    /// Loads the development data, unless the database contains other data. An earlier start may
    /// have loaded a part of it.
    pub(crate) async fn seed(&self) -> Result<(), Error> {
        let orders: Vec<ObjectId> = ORDERS.iter().map(|order| id(order.id)).collect();
        if self.has_other("orders", &orders).await? || self.has_other("products", &[]).await? {
            return Ok(());
        }
        let orders = ORDERS.iter().zip(0..).map(order_document);
        ignore_duplicate_keys(self.orders.insert_many(orders).ordered(false).await)?;
        let products = PRODUCTS.iter().map(product_document);
        ignore_duplicate_keys(self.products.insert_many(products).ordered(false).await)?;
        tracing::info!("loaded the development data");
        Ok(())
    }

    /// Whether `collection` contains a document whose id is not in `ids`.
    async fn has_other(&self, collection: &str, ids: &[ObjectId]) -> Result<bool, Error> {
        let documents = self.database.collection::<Document>(collection);
        let other = documents
            .find_one(doc! { "_id": { "$nin": ids } })
            .max_time(mongo::BACKGROUND_TIMEOUT);
        Ok(other.await?.is_some())
    }
}

fn id(first: u8) -> ObjectId {
    let mut bytes = [first; 12];
    bytes[1..].copy_from_slice(&ID_TAIL);
    ObjectId::from_bytes(bytes)
}

fn product_document(product: &SeedProduct) -> ProductDocument {
    ProductDocument {
        id: id(product.id),
        name: product.name.to_owned(),
        price: decimal::from_hundredths(product.minor),
        quantity: product.stock,
        version: 1,
    }
}

fn order_document((order, minutes): (&SeedOrder, u64)) -> OrderDocument {
    let at = date(CREATED_AT + Duration::from_secs(60 * minutes));
    let lines = order.lines.iter();
    let lines = lines.map(|(product, quantity)| (&PRODUCTS[*product], *quantity));
    let cost = lines.clone().map(|(product, count)| product.minor * count);
    let names = lines.clone().map(|(product, _)| product.name);
    let reason = (order.status == REJECTED).then(|| insufficient_stock(names));
    OrderDocument {
        id: id(order.id),
        client_email: order.buyer.to_owned(),
        status: order.status.to_owned(),
        cost: decimal::from_hundredths(cost.sum()),
        products: lines.map(line_document).collect(),
        created_at: at,
        idempotency_key: None,
        traceparent: None,
        resend: None,
        decision: Some(DecisionDocument {
            at,
            reason,
            client_email: order.buyer.to_owned(),
        }),
        rendering: Rendering::CURRENT.into(),
    }
}

fn line_document((product, quantity): (&SeedProduct, i64)) -> LineDocument {
    LineDocument {
        id: id(product.id),
        name: product.name.to_owned(),
        price: decimal::from_hundredths(product.minor),
        quantity,
    }
}

fn insufficient_stock(products: impl Iterator<Item = &'static str>) -> Rejection {
    Rejection {
        code: ReasonCode::InsufficientStock,
        products: products
            .filter_map(|name| ProductName::parse(name).ok())
            .collect(),
        more: 0,
    }
}
