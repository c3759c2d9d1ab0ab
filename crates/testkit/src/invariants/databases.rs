//! The invariants of the two databases.

use std::collections::{BTreeMap, BTreeSet};

use bson::{Bson, Document, doc};
use futures::TryStreamExt as _;
use mongodb::options::ReadConcern;
use mongodb::{ClientSession, Collection};

use super::expectations::Expectations;
use crate::shop::Shop;

/// The orders of the development data. The stock there does not include what they sold.
const SEED_ORDERS: [&str; 3] = [
    "71fefe4a1cad4140785928a4",
    "72fefe4a1cad4140785928a4",
    "73fefe4a1cad4140785928a4",
];
/// The stock of the development data.
const SEED_STOCK: [(&str, i64); 4] = [
    ("cutlery", 200),
    ("chair", 30),
    ("laptop", 1),
    ("headphones", 1),
];

/// A product in either database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Product {
    pub(super) name: String,
    price: String,
    pub(super) quantity: i64,
    pub(super) version: i64,
}

/// A decision about an order, with the stock that it was based on.
#[derive(Clone, Debug)]
pub(super) struct Decision {
    pub(super) status: String,
    /// Product id and quantity.
    lines: Vec<(String, i64)>,
    /// Stock by product id.
    stock: BTreeMap<String, i64>,
}

/// A snapshot of the products database, and the orders database read after it.
pub(super) struct Databases {
    pub(super) products: BTreeMap<String, Product>,
    pub(super) decisions: BTreeMap<String, Decision>,
    /// Restocked quantity by product id.
    restocked: BTreeMap<String, i64>,
    /// Status by order id.
    pub(super) orders: BTreeMap<String, String>,
    copies: BTreeMap<String, Product>,
}

impl Databases {
    pub(super) async fn read(shop: &Shop) -> mongodb::error::Result<Self> {
        let source = |name| shop.collection("products", name);
        let mut session = shop.database("products").client().start_session().await?;
        session
            .start_transaction()
            .read_concern(ReadConcern::snapshot())
            .await?;
        let products = read_in_session(source("products"), &mut session).await?;
        let decisions = read_in_session(source("orders"), &mut session).await?;
        let restocks = read_in_session(source("restocks"), &mut session).await?;
        session.abort_transaction().await?;

        let mut restocked = BTreeMap::new();
        for restock in &restocks {
            *restocked.entry(id(restock, "product_id")).or_default() += integer(&restock["delta"]);
        }
        let orders = read_all(shop.collection("orders", "orders")).await?;
        let copies = read_all(shop.collection("orders", "products")).await?;
        Ok(Self {
            products: products.iter().map(product).collect(),
            decisions: decisions.iter().map(decision).collect(),
            restocked,
            orders: orders
                .iter()
                .map(|order| (id(order, "_id"), text(order, "status")))
                .collect(),
            copies: copies.iter().map(product).collect(),
        })
    }

    /// Violations in orders, decisions and product copies of an idle shop.
    pub(super) fn violations(&self, expectations: &Expectations) -> Vec<String> {
        let mut violations = self.order_violations(expectations);
        for (order, status) in &self.orders {
            match self.decisions.get(order).map(|decision| &decision.status) {
                Some(decided) if decided == status => {}
                decided => violations.push(format!(
                    "order {order} is {status}, the decision is {decided:?}"
                )),
            }
        }
        for (order, decision) in &self.decisions {
            if !self.orders.contains_key(order) {
                violations.push(format!("the decided order {order} does not exist"));
            }
            violations.extend(decision.violation(order));
        }
        if self.copies != self.products {
            violations.push(format!(
                "the copies {:?} differ from the products {:?}",
                self.copies, self.products
            ));
        }
        violations
    }

    /// Violations of the stock's invariants, which hold at any time. `added` is the initial stock by
    /// name of the products that the test has added.
    pub(super) fn stock_violations(&self, added: &BTreeMap<String, i64>) -> Vec<String> {
        let mut accepted: BTreeMap<&str, i64> = BTreeMap::new();
        for (order, decision) in &self.decisions {
            if decision.status == "ACCEPTED" && !SEED_ORDERS.contains(&order.as_str()) {
                for (product, quantity) in &decision.lines {
                    *accepted.entry(product).or_default() += quantity;
                }
            }
        }
        let seed = BTreeMap::from(SEED_STOCK);
        let mut violations = Vec::new();
        for (id, product) in &self.products {
            let (name, quantity) = (product.name.as_str(), product.quantity);
            let Some(initial) = added.get(name).or_else(|| seed.get(name)).copied() else {
                continue;
            };
            let restocked = self.restocked.get(id).copied().unwrap_or_default();
            let accepted = accepted.get(id.as_str()).copied().unwrap_or_default();
            if initial + restocked - accepted != quantity {
                violations.push(format!(
                    "{name}: {initial} + {restocked} restocked - {accepted} accepted \
                     is not {quantity}"
                ));
            }
            if quantity < 0 {
                violations.push(format!("the stock of {name} is {quantity}"));
            }
        }
        violations
    }

    fn order_violations(&self, expectations: &Expectations) -> Vec<String> {
        let acknowledged: BTreeSet<_> = expectations.acknowledged.iter().collect();
        let mut violations: Vec<_> = acknowledged
            .iter()
            .filter(|order| !self.orders.contains_key(**order))
            .map(|order| format!("the acknowledged order {order} is lost"))
            .collect();
        let orders = self.orders.keys();
        let placed = orders.filter(|order| !SEED_ORDERS.contains(&order.as_str()));
        let placed = placed.count();
        let attempts = acknowledged.len() + expectations.unknown;
        if placed > attempts {
            violations.push(format!("{attempts} attempts placed {placed} orders"));
        }
        violations
    }
}

impl Decision {
    /// An order is rejected if and only if a line exceeds the stock.
    fn violation(&self, order: &str) -> Option<String> {
        if SEED_ORDERS.contains(&order) {
            return None;
        }
        let exceeds = |(product, quantity): &(String, i64)| {
            self.stock.get(product).is_none_or(|stock| stock < quantity)
        };
        let expected = if self.lines.iter().any(exceeds) {
            "REJECTED"
        } else {
            "ACCEPTED"
        };
        (self.status != expected)
            .then(|| format!("order {order} is not decided by the stock: {self:?}"))
    }
}

async fn read_in_session(
    collection: Collection<Document>,
    session: &mut ClientSession,
) -> mongodb::error::Result<Vec<Document>> {
    let find = collection.find(doc! {}).batch_size(10_000);
    let mut cursor = find.session(&mut *session).await?;
    cursor.stream(session).try_collect().await
}

async fn read_all(collection: Collection<Document>) -> mongodb::error::Result<Vec<Document>> {
    collection.find(doc! {}).await?.try_collect().await
}

fn product(document: &Document) -> (String, Product) {
    let product = Product {
        name: text(document, "name"),
        price: document
            .get("price")
            .map(ToString::to_string)
            .unwrap_or_default(),
        quantity: integer(&document["quantity"]),
        version: integer(&document["version"]),
    };
    (id(document, "_id"), product)
}

fn decision(document: &Document) -> (String, Decision) {
    let entries = |list: &str, quantity| {
        let list = document.get_array(list).into_iter().flatten();
        list.filter_map(move |entry| {
            let entry = entry.as_document()?;
            Some((id(entry, "product_id"), integer(entry.get(quantity)?)))
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

/// Returns an integer of either BSON width.
pub fn integer(value: &Bson) -> i64 {
    value
        .as_i64()
        .or_else(|| value.as_i32().map(i64::from))
        .unwrap_or_else(|| panic!("{value:?} is not an integer"))
}
