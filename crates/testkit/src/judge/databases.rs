//! What the two databases say, and whether it can be true.

use std::collections::{BTreeMap, BTreeSet};

use bson::{Bson, Document, doc};
use futures::TryStreamExt as _;
use mongodb::options::ReadConcern;
use mongodb::{ClientSession, Database};

use crate::{Ledger, Shop};

/// The orders that come with the development data; the seeded stock is what they have left.
const SEEDED_ORDERS: [&str; 3] = [
    "71fefe4a1cad4140785928a4",
    "72fefe4a1cad4140785928a4",
    "73fefe4a1cad4140785928a4",
];
/// The stock that comes with the development data.
const SEEDED_STOCK: [(&str, i64); 4] = [
    ("cutlery", 200),
    ("chair", 30),
    ("laptop", 1),
    ("headphones", 1),
];

/// A product as one of the two databases has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Product {
    pub(super) name: String,
    pub(super) price: String,
    pub(super) quantity: i64,
    pub(super) version: i64,
}

/// How an order was decided, and on what grounds.
#[derive(Clone, Debug)]
pub(super) struct Decision {
    pub(super) status: String,
    lines: Vec<(String, i64)>,
    /// Product and how many pieces there were.
    stock: BTreeMap<String, i64>,
}

/// What was read: the products' database in one snapshot, then the orders' database.
pub(super) struct Databases {
    pub(super) products: BTreeMap<String, Product>,
    pub(super) decisions: BTreeMap<String, Decision>,
    restocked: BTreeMap<String, i64>,
    /// Order and status.
    pub(super) orders: BTreeMap<String, String>,
    copies: BTreeMap<String, Product>,
}

impl Databases {
    pub(super) async fn read(shop: &Shop) -> mongodb::error::Result<Self> {
        let source = shop.store("products");
        let mut session = shop.mongodb().start_session().await?;
        session
            .start_transaction()
            .read_concern(ReadConcern::snapshot())
            .await?;
        let products = within(&source, "products", &mut session).await?;
        let decisions = within(&source, "orders", &mut session).await?;
        let restocks = within(&source, "restocks", &mut session).await?;
        session.abort_transaction().await?;

        let mut restocked = BTreeMap::new();
        for restock in &restocks {
            *restocked.entry(id(restock, "product_id")).or_default() += number(&restock["delta"]);
        }
        let copy = shop.store("orders");
        let orders = all(&copy, "orders").await?;
        Ok(Self {
            products: products.iter().map(product).collect(),
            decisions: decisions.iter().map(decision).collect(),
            restocked,
            orders: orders
                .iter()
                .map(|order| (id(order, "_id"), text(order, "status")))
                .collect(),
            copies: all(&copy, "products").await?.iter().map(product).collect(),
        })
    }

    /// What is wrong with orders, decisions and copies when the shop is at rest.
    pub(super) fn broken(&self, ledger: &Ledger) -> Vec<String> {
        let mut broken = self.orders_broken(ledger);
        for (order, status) in &self.orders {
            match self.decisions.get(order) {
                None => broken.push(format!(
                    "I6: order {order} is {status} and was never decided"
                )),
                Some(decision) if decision.status != *status => {
                    broken.push(format!(
                        "I6: order {order} is {status}, decided {}",
                        decision.status
                    ));
                }
                Some(_) => {}
            }
        }
        for (order, decision) in &self.decisions {
            if !self.orders.contains_key(order) {
                broken.push(format!("I6: {order} was decided and is no order"));
            }
            broken.extend(decision.grounds_broken(order));
        }
        if self.copies != self.products {
            broken.push(format!(
                "I8: the copy {:?} is not the source {:?}",
                self.copies, self.products
            ));
        }
        broken
    }

    /// Whether every piece is accounted for (I4, I5), which must be so at every instant.
    pub(super) fn stock_broken(&self, stocked: &BTreeMap<String, i64>) -> Vec<String> {
        let mut accepted: BTreeMap<&str, i64> = BTreeMap::new();
        let counts = |(order, decision): &(&String, &Decision)| {
            decision.status == "ACCEPTED" && !SEEDED_ORDERS.contains(&order.as_str())
        };
        for (_, decision) in self.decisions.iter().filter(counts) {
            for (product, quantity) in &decision.lines {
                *accepted.entry(product).or_default() += quantity;
            }
        }
        let mut broken = Vec::new();
        for (id, product) in &self.products {
            let seeded = || {
                SEEDED_STOCK
                    .iter()
                    .find(|(name, _)| *name == product.name)
                    .map(|(_, n)| *n)
            };
            let Some(initial) = stocked.get(&product.name).copied().or_else(seeded) else {
                continue;
            };
            let restocked = self.restocked.get(id).copied().unwrap_or_default();
            let accepted = accepted.get(id.as_str()).copied().unwrap_or_default();
            if initial + restocked - accepted != product.quantity {
                broken.push(format!(
                    "I4: {}: {initial} + {restocked} restocked - {accepted} accepted is not {}",
                    product.name, product.quantity
                ));
            }
            if product.quantity < 0 {
                broken.push(format!(
                    "I5: there are {} of {}",
                    product.quantity, product.name
                ));
            }
        }
        broken
    }

    fn orders_broken(&self, ledger: &Ledger) -> Vec<String> {
        let mut broken = Vec::new();
        let acknowledged: BTreeSet<_> = ledger.acknowledged.iter().collect();
        for order in &acknowledged {
            if !self.orders.contains_key(*order) {
                broken.push(format!("I1: order {order} was acknowledged and is lost"));
            }
        }
        let placed = self
            .orders
            .keys()
            .filter(|order| !SEEDED_ORDERS.contains(&order.as_str()))
            .count();
        let most = acknowledged.len() + ledger.unknown;
        if placed > most {
            broken.push(format!("I3: {placed} orders came of {most} calls"));
        }
        broken
    }
}

impl Decision {
    /// I9: a rejected order asked for more of something than there was; an accepted one did not.
    fn grounds_broken(&self, order: &str) -> Option<String> {
        if SEEDED_ORDERS.contains(&order) {
            return None;
        }
        let had = |product: &String| self.stock.get(product).copied();
        let beyond = self
            .lines
            .iter()
            .any(|(product, quantity)| had(product).is_none_or(|had| had < *quantity));
        let right = match self.status.as_str() {
            "ACCEPTED" => !beyond,
            "REJECTED" => beyond,
            _ => false,
        };
        (!right).then(|| format!("I9: order {order}: {self:?}"))
    }
}

async fn within(
    database: &Database,
    collection: &str,
    session: &mut ClientSession,
) -> mongodb::error::Result<Vec<Document>> {
    let documents = database.collection::<Document>(collection);
    let mut cursor = documents
        .find(doc! {})
        .batch_size(10_000)
        .session(&mut *session)
        .await?;
    cursor.stream(session).try_collect().await
}

async fn all(database: &Database, collection: &str) -> mongodb::error::Result<Vec<Document>> {
    database
        .collection::<Document>(collection)
        .find(doc! {})
        .await?
        .try_collect()
        .await
}

fn product(document: &Document) -> (String, Product) {
    let product = Product {
        name: text(document, "name"),
        price: document
            .get("price")
            .map(ToString::to_string)
            .unwrap_or_default(),
        quantity: number(&document["quantity"]),
        version: number(&document["version"]),
    };
    (id(document, "_id"), product)
}

fn decision(document: &Document) -> (String, Decision) {
    let list = |field: &str| {
        document
            .get_array(field)
            .map(Vec::as_slice)
            .unwrap_or_default()
            .iter()
    };
    let entries = |field, count| {
        list(field).filter_map(move |entry| {
            let entry = entry.as_document()?;
            Some((id(entry, "product_id"), number(entry.get(count)?)))
        })
    };
    let decision = Decision {
        status: text(document, "status"),
        lines: entries("lines", "quantity").collect(),
        stock: entries("stock", "available").collect(),
    };
    (id(document, "_id"), decision)
}

fn id(document: &Document, field: &str) -> String {
    document
        .get_object_id(field)
        .map_or_else(|_| text(document, field), bson::oid::ObjectId::to_hex)
}

fn text(document: &Document, field: &str) -> String {
    document.get_str(field).unwrap_or_default().to_owned()
}

/// An integer of either width.
pub fn number(value: &Bson) -> i64 {
    value
        .as_i64()
        .or_else(|| value.as_i32().map(i64::from))
        .unwrap_or_else(|| panic!("{value:?} is not an integer"))
}
