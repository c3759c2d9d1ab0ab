//! Development data for an empty database.

use domain::{CategoryName, Description, Money, ProductName, Stock};
use events::{OrderStatus, Reason, ReasonCode};
use mongo::ignore_duplicate_keys;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, doc};
use mongodb::error::Error;

use super::Store;
use super::documents::{Category, Decision, Line, Product, price};
use crate::search;

/// The bytes of the development ids after the first.
const ID_TAIL: [u8; 11] = [
    0xfe, 0xfe, 0x4a, 0x1c, 0xad, 0x41, 0x40, 0x78, 0x59, 0x28, 0xa4,
];
const CATEGORIES: [(u8, &str); 3] = [
    (0x21, "electronics"),
    (0x22, "kitchen"),
    (0x23, "furniture"),
];

/// A product of the development data. Ids are given by their first byte.
struct SeedProduct {
    id: u8,
    name: &'static str,
    description: &'static str,
    /// In minor units.
    price: i64,
    quantity: i64,
    categories: &'static [u8],
}

/// Id, outcome, and the products' ids and quantities of a decided order.
type SeedOrder = (u8, OrderStatus, &'static [(u8, i32)]);

const PRODUCTS: [SeedProduct; 4] = [
    SeedProduct {
        id: 0x10,
        name: "cutlery",
        description: "An interesting set of cutlery",
        price: 599,
        quantity: 200,
        categories: &[0x22],
    },
    SeedProduct {
        id: 0x11,
        name: "chair",
        description: "A comfortable armchair",
        price: 2999,
        quantity: 30,
        categories: &[0x23, 0x22],
    },
    SeedProduct {
        id: 0x12,
        name: "laptop",
        description: "A powerful computing device",
        price: 129_999,
        quantity: 1,
        categories: &[0x21],
    },
    SeedProduct {
        id: 0x13,
        name: "headphones",
        description: "Wireless noise-cancelling headphones",
        price: 9999,
        quantity: 1,
        categories: &[0x21],
    },
];
const ORDERS: [SeedOrder; 3] = [
    (0x71, OrderStatus::Accepted, &[(0x10, 4), (0x11, 2)]),
    (0x72, OrderStatus::Accepted, &[(0x12, 1)]),
    (0x73, OrderStatus::Rejected, &[(0x13, 7)]),
];
/// 2025-01-01T00:00:00Z in milliseconds. Each document is a second later than the one before.
const FIRST_TIME: i64 = 1_735_689_600_000;

impl Store {
    /// Loads the development data if there are no products.
    pub(crate) async fn seed(&self) -> Result<(), Error> {
        if self.products.find_one(doc! {}).await?.is_some() {
            return Ok(());
        }
        let categories = CATEGORIES.into_iter().map(category);
        let categories: Vec<Category> = categories.collect::<Result<_, _>>()?;
        let decisions = (0..).zip(ORDERS).map(decision);
        let products = (0..).zip(PRODUCTS).map(product);
        let products: Vec<Product> = products.collect::<Result<_, _>>()?;
        ignore_duplicate_keys(self.categories.insert_many(categories).ordered(false).await)?;
        ignore_duplicate_keys(self.decisions.insert_many(decisions).ordered(false).await)?;
        ignore_duplicate_keys(self.products.insert_many(products).ordered(false).await)?;
        tracing::info!("loaded the development data");
        Ok(())
    }
}

fn id(first: u8) -> ObjectId {
    let mut bytes = [first; 12];
    bytes[1..].copy_from_slice(&ID_TAIL);
    ObjectId::from_bytes(bytes)
}

fn at(position: i64) -> DateTime {
    DateTime::from_millis(FIRST_TIME + position * 1000)
}

fn category((first, name): (u8, &str)) -> Result<Category, Error> {
    Ok(Category {
        id: id(first),
        name: CategoryName::parse(name).map_err(Error::custom)?,
    })
}

fn product((position, seed): (i64, SeedProduct)) -> Result<Product, Error> {
    let name = ProductName::parse(seed.name).map_err(Error::custom)?;
    let description = Description::parse(seed.description).map_err(Error::custom)?;
    Ok(Product {
        id: id(seed.id),
        price: price(Money::from_minor(seed.price).map_err(Error::custom)?),
        quantity: Stock::try_from(seed.quantity).map_err(Error::custom)?,
        categories: seed.categories.iter().map(|first| id(*first)).collect(),
        version: 1,
        created_at: at(position),
        words: Product::words(&name, &description),
        name_key: search::name_key(name.as_str()),
        name,
        description,
    })
}

fn decision((position, (order, status, lines)): (i64, SeedOrder)) -> Decision {
    let name = |(id, _): &(u8, i32)| {
        let product = PRODUCTS.iter().find(|product| product.id == *id)?;
        ProductName::parse(product.name).ok()
    };
    let reason = (status == OrderStatus::Rejected).then(|| Reason {
        code: ReasonCode::InsufficientStock,
        products: lines.iter().filter_map(name).collect(),
        more: 0,
    });
    let line = |(product, quantity): &(u8, i32)| Line {
        product_id: id(*product),
        quantity: *quantity,
    };
    Decision {
        id: id(order),
        status,
        reason,
        lines: lines.iter().map(line).collect(),
        decided_at: at(position),
        placed_at: None,
        stock: Vec::new(),
    }
}
