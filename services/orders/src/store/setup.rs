//! What the database needs before work: indexes and, for development, the seed data.

use std::time::Duration;

use jiff::Timestamp;
use mongo::{decimal, is_duplicate_key};
use mongodb::IndexModel;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use mongodb::error::Error;
use mongodb::options::IndexOptions;

use super::Store;
use super::documents::{
    ACCEPTED, DecisionDocument, LineDocument, OrderDocument, PENDING, ProductDocument, REJECTED,
    ReasonDocument, date,
};

/// The tail that all ids of the seed data share.
const TAIL: [u8; 11] = [
    0xfe, 0xfe, 0x4a, 0x1c, 0xad, 0x41, 0x40, 0x78, 0x59, 0x28, 0xa4,
];
/// Before any order that is really placed.
const SEEDED_AT: Timestamp = Timestamp::constant(1_735_689_600, 0);
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
    /// Which product, by its place below, and how many pieces.
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
    /// Makes the indexes that are missing.
    pub async fn ensure_indexes(&self) -> Result<(), Error> {
        let lists = index(
            doc! { "client_email": 1, "created_at": 1, "_id": 1 },
            IndexOptions::default(),
        );
        let due = IndexOptions::builder()
            .partial_filter_expression(doc! { "status": PENDING })
            .build();
        self.orders
            .create_indexes([lists, index(doc! { "resend.at": 1 }, due)])
            .await?;
        let unique = IndexOptions::builder().unique(true).build();
        self.products
            .create_index(index(doc! { "name": 1 }, unique))
            .await?;
        Ok(())
    }

    /// Whether there is a document in `collection` that is none of `ours`.
    async fn has_any_but(&self, collection: &str, ours: &[ObjectId]) -> Result<bool, Error> {
        let documents = self.database.collection::<Document>(collection);
        let foreign = documents.find_one(doc! { "_id": { "$nin": ours } });
        Ok(foreign.await?.is_some())
    }

    /// Loads the development data if there is nothing yet but what an earlier start, which may
    /// have ended in the middle, loaded of it.
    pub async fn seed(&self) -> Result<(), Error> {
        let orders: Vec<ObjectId> = ORDERS.iter().map(|order| id(order.id)).collect();
        if self.has_any_but("orders", &orders).await? || self.has_any_but("products", &[]).await? {
            return Ok(());
        }
        // Another replica may be doing the same.
        unless_there(
            self.orders
                .insert_many(seed_orders())
                .ordered(false)
                .await
                .map(drop),
        )?;
        unless_there(
            self.products
                .insert_many(seed_products())
                .ordered(false)
                .await
                .map(drop),
        )?;
        tracing::info!("loaded the development data");
        Ok(())
    }
}

fn index(keys: Document, options: IndexOptions) -> IndexModel {
    IndexModel::builder().keys(keys).options(options).build()
}

fn unless_there(inserted: Result<(), Error>) -> Result<(), Error> {
    match inserted {
        Err(error) if is_duplicate_key(&error) => Ok(()),
        outcome => outcome,
    }
}

fn id(first: u8) -> ObjectId {
    let mut bytes = [first; 12];
    bytes[1..].copy_from_slice(&TAIL);
    ObjectId::from_bytes(bytes)
}

fn seed_products() -> Vec<ProductDocument> {
    let document = |product: &SeedProduct| ProductDocument {
        id: id(product.id),
        name: product.name.to_owned(),
        price: decimal::from_hundredths(product.minor),
        quantity: product.stock,
        version: 1,
    };
    PRODUCTS.iter().map(document).collect()
}

fn seed_orders() -> Vec<OrderDocument> {
    ORDERS
        .iter()
        .zip(0..)
        .map(|(order, minutes)| seed_order(order, minutes))
        .collect()
}

fn seed_order(order: &SeedOrder, minutes: u64) -> OrderDocument {
    let at = date(SEEDED_AT + Duration::from_secs(60 * minutes));
    let lines = order
        .lines
        .iter()
        .map(|(product, quantity)| (&PRODUCTS[*product], *quantity));
    OrderDocument {
        id: id(order.id),
        client_email: order.buyer.to_owned(),
        status: order.status.to_owned(),
        cost: decimal::from_hundredths(
            lines
                .clone()
                .map(|(product, quantity)| product.minor * quantity)
                .sum(),
        ),
        products: lines
            .clone()
            .map(|(product, quantity)| seed_line(product, quantity))
            .collect(),
        created_at: at,
        idempotency_key: None,
        traceparent: None,
        resend: None,
        decision: Some(DecisionDocument {
            at,
            reason: (order.status == REJECTED)
                .then(|| too_few(lines.map(|(product, _)| product.name))),
            client_email: order.buyer.to_owned(),
        }),
    }
}

fn seed_line(product: &SeedProduct, quantity: i64) -> LineDocument {
    LineDocument {
        id: id(product.id),
        name: product.name.to_owned(),
        price: decimal::from_hundredths(product.minor),
        quantity,
    }
}

fn too_few(products: impl Iterator<Item = &'static str>) -> ReasonDocument {
    ReasonDocument {
        code: events::ReasonCode::InsufficientStock,
        products: products
            .filter_map(|name| domain::ProductName::parse(name).ok())
            .collect(),
    }
}
