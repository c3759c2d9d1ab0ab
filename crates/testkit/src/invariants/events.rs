//! The invariants of the topics, and their agreement with the databases.

use std::collections::BTreeMap;

use serde_json::Value;

use super::databases::Databases;
use super::expectations::Expectations;
use crate::kafka::Record;
use crate::shop::Shop;

const REQUIRED_HEADERS: [&str; 6] = [
    "ce_id",
    "ce_source",
    "ce_type",
    "ce_specversion",
    "ce_time",
    "content-type",
];
/// How many characters of a payload an error message shows.
const MAX_PAYLOAD_SHOWN: usize = 400;

/// The published quantity by product id and version.
type Versions = BTreeMap<String, BTreeMap<i64, i64>>;

/// Violations in the topics of an idle shop.
pub(super) async fn violations(
    shop: &Shop,
    databases: &Databases,
    expectations: &Expectations,
) -> Vec<String> {
    let mut violations = Vec::new();
    let mut payloads: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut versions = Versions::new();
    for topic in ["products", "orders", "order-status", "product-states"] {
        for message in shop.messages(topic).await {
            if shop.is_injected(topic, &message) {
                continue;
            }
            violations.extend(header_violation(&message));
            violations.extend(event_violation(&message, databases, &mut versions));
            let id = message.header("ce_id").unwrap_or_default().to_owned();
            let first = payloads.entry(id);
            let first = first.or_insert_with(|| message.payload.clone());
            let is_same = *first == message.payload
                || expectations.mixed_releases && agree(&json(first), &json(&message.payload));
            if !is_same {
                violations.push(format!(
                    "two payloads have the same id: {}",
                    payload(&message)
                ));
            }
        }
    }
    violations.extend(version_violations(&versions, databases));
    let dead = shop.messages("dead-letters").await;
    if dead.len() != expectations.poison {
        let letters: Vec<_> = dead
            .iter()
            .map(|message| format!("{:?} {}", message.headers, payload(message)))
            .collect();
        violations.push(format!(
            "{} poison messages, but {} dead letters: {letters:?}",
            expectations.poison,
            dead.len(),
        ));
    }
    for service in ["products", "orders"] {
        let lag = shop.lag(service).await;
        if lag != 0 {
            violations.push(format!("{service} lags {lag} messages behind"));
        }
    }
    violations
}

fn json(payload: &[u8]) -> Value {
    serde_json::from_slice(payload).unwrap_or_default()
}

/// Whether all fields that both values have are equal.
fn agree(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => one.iter().all(|(name, value)| {
            let same = other.get(name);
            same.is_none_or(|same| agree(value, same))
        }),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| agree(one, other))
        }
        _ => one == other,
    }
}

fn header_violation(message: &Record) -> Option<String> {
    let is_missing = |name: &&str| message.header(name).is_none();
    let missing: Vec<_> = REQUIRED_HEADERS.into_iter().filter(is_missing).collect();
    (!missing.is_empty()).then(|| format!("no {missing:?} on {}", payload(message)))
}

/// Every published event agrees with the databases.
fn event_violation(
    message: &Record,
    databases: &Databases,
    versions: &mut Versions,
) -> Option<String> {
    let event: Value = serde_json::from_slice(&message.payload).ok()?;
    let error = match event["type"].as_str() {
        Some("OrderCreate") => {
            let id = event["order"]["id"].as_str().unwrap_or_default();
            (!databases.orders.contains_key(id)).then_some("unknown order")
        }
        Some("OrderStatusUpdate") => {
            let id = event["order_id"].as_str().unwrap_or_default();
            let decision = databases.decisions.get(id);
            let agrees = decision.is_some_and(|decision| event["status"] == decision.status);
            (!agrees).then_some("unknown decision")
        }
        Some("ProductCreate" | "ProductState") => {
            return product_violation(&event["product"], versions);
        }
        Some("ProductsQuantityUpdate") => {
            let products = event["products"].as_array().map_or(&[][..], Vec::as_slice);
            return products
                .iter()
                .find_map(|product| product_violation(product, versions));
        }
        _ => Some("unknown event type"),
    };
    error.map(|error| format!("{error}: {}", payload(message)))
}

/// A version of a product has one quantity.
fn product_violation(product: &Value, versions: &mut Versions) -> Option<String> {
    let id = product["id"].as_str().unwrap_or_default().to_owned();
    let (version, quantity) = (product["version"].as_i64()?, product["quantity"].as_i64()?);
    let first = *versions
        .entry(id)
        .or_default()
        .entry(version)
        .or_insert(quantity);
    (first != quantity).then(|| format!("{product} was published with quantity {first}"))
}

/// The published versions have no gaps, and the last agrees with the database.
fn version_violations(versions: &Versions, databases: &Databases) -> Vec<String> {
    let mut violations = Vec::new();
    for (id, product) in &databases.products {
        let Some(published) = versions.get(id) else {
            continue;
        };
        let Some(((first, _), (last, quantity))) =
            published.first_key_value().zip(published.last_key_value())
        else {
            continue;
        };
        if i64::try_from(published.len()).unwrap_or(i64::MAX) != last - first + 1 {
            let versions = published.keys();
            violations.push(format!("{} has gaps: {versions:?}", product.name));
        }
        if (*last, *quantity) != (product.version, product.quantity) {
            violations.push(format!(
                "the last published version {last} with quantity {quantity} is not {product:?}"
            ));
        }
    }
    violations
}

fn payload(message: &Record) -> String {
    let text = String::from_utf8_lossy(&message.payload);
    text.chars().take(MAX_PAYLOAD_SHOWN).collect()
}
