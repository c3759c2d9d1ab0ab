//! What was said on Kafka, against what is committed.

use std::collections::BTreeMap;

use serde_json::Value;

use super::databases::Databases;
use crate::{Ledger, Record, Shop};

/// (product, version) → quantity, as told.
type Versions = BTreeMap<(String, i64), i64>;

impl Shop {
    /// What is wrong with the topics when the shop is at rest.
    pub(super) async fn events_broken(
        &self,
        databases: &Databases,
        ledger: &Ledger,
    ) -> Vec<String> {
        let mut broken = Vec::new();
        let mut payloads: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        let mut versions = Versions::new();
        for topic in ["products", "orders", "order-status"] {
            let mut messages = self.messages(topic).await;
            messages.retain(|message| !self.is_injected(topic, message));
            for message in messages {
                broken.extend(headers_broken(&message));
                broken.extend(event_broken(&message, databases, &mut versions));
                let id = message.header("ce_id").unwrap_or_default().to_owned();
                let first = payloads
                    .entry(id)
                    .or_insert_with(|| message.payload.clone());
                if *first != message.payload {
                    broken.push(format!(
                        "I10: the same id, another payload: {}",
                        text(&message)
                    ));
                }
            }
        }
        broken.extend(gaps(&versions, databases));
        let dead = self.messages("dead-letters").await;
        if dead.len() != ledger.poison {
            let dead: Vec<_> = dead
                .iter()
                .map(|message| format!("{:?} {}", message.headers, text(message)))
                .collect();
            broken.push(format!(
                "I11: {} dead letters for {} poison: {dead:?}",
                dead.len(),
                ledger.poison
            ));
        }
        for kind in ["products", "orders"] {
            let lag = self.lag(kind).await;
            if lag != 0 {
                broken.push(format!("I11: {kind} is {lag} messages behind"));
            }
        }
        broken
    }
}

fn headers_broken(message: &Record) -> Option<String> {
    let named = [
        "ce_id",
        "ce_source",
        "ce_type",
        "ce_specversion",
        "ce_time",
        "content-type",
    ];
    let missing: Vec<_> = named
        .into_iter()
        .filter(|name| message.header(name).is_none())
        .collect();
    (!missing.is_empty()).then(|| format!("I10: no {missing:?} on {}", text(message)))
}

/// I10: whatever is told is committed.
fn event_broken(
    message: &Record,
    databases: &Databases,
    versions: &mut Versions,
) -> Option<String> {
    let event: Value = serde_json::from_slice(&message.payload).ok()?;
    let wrong = |why: &str| Some(format!("I10: {why}: {}", text(message)));
    match event["type"].as_str() {
        Some("OrderCreate") => {
            let id = event["order"]["id"].as_str().unwrap_or_default();
            if databases.orders.contains_key(id) {
                None
            } else {
                wrong("no such order")
            }
        }
        Some("OrderStatusUpdate") => {
            let decided = databases
                .decisions
                .get(event["order_id"].as_str().unwrap_or_default());
            let agrees = decided.is_some_and(|decided| event["status"] == decided.status);
            if agrees {
                None
            } else {
                wrong("no such decision")
            }
        }
        Some("ProductCreate") => product_broken(&event["product"], versions),
        Some("ProductsQuantityUpdate") => {
            let products = event["products"].as_array().map_or(&[][..], Vec::as_slice);
            products
                .iter()
                .find_map(|product| product_broken(product, versions))
        }
        _ => wrong("not an event"),
    }
}

/// I8: a version of a product has one quantity.
fn product_broken(product: &Value, versions: &mut Versions) -> Option<String> {
    let id = product["id"].as_str().unwrap_or_default().to_owned();
    let (version, quantity) = (product["version"].as_i64()?, product["quantity"].as_i64()?);
    let told = *versions.entry((id, version)).or_insert(quantity);
    (told != quantity).then(|| format!("I8: {product} had {told} pieces before"))
}

/// I8: versions have no gaps, and the last one told is the one there is.
fn gaps(versions: &Versions, databases: &Databases) -> Vec<String> {
    let mut broken = Vec::new();
    for (id, product) in &databases.products {
        let of_it = |((told, version), quantity): (&(String, i64), &i64)| {
            (told == id).then_some((*version, *quantity))
        };
        let told: BTreeMap<i64, i64> = versions.iter().filter_map(of_it).collect();
        let Some(((first, _), (last, quantity))) =
            told.first_key_value().zip(told.last_key_value())
        else {
            continue;
        };
        if i64::try_from(told.len()).unwrap_or(i64::MAX) != last - first + 1 {
            broken.push(format!("I8: {} has gaps: {:?}", product.name, told.keys()));
        }
        if (*last, *quantity) != (product.version, product.quantity) {
            broken.push(format!("I8: told {last} -> {quantity} of {product:?}"));
        }
    }
    broken
}

fn text(message: &Record) -> String {
    String::from_utf8_lossy(&message.payload)
        .chars()
        .take(400)
        .collect()
}
