//! Bodies and queries of orders and products: parsing and validation.
//!
//! The first byte is the kind of the input; the rest is the body or query.
#![no_main]

#[path = "../../services/products/src/catalogue.rs"]
#[allow(dead_code, reason = "only parsing is tested")]
mod catalogue;
#[path = "../../services/orders/src/lines.rs"]
#[allow(dead_code, reason = "only parsing is tested")]
mod lines;
#[path = "../../services/products/src/listing.rs"]
#[allow(dead_code, reason = "only parsing is tested")]
mod listing;
#[path = "../../services/orders/src/order.rs"]
#[allow(dead_code, reason = "only parsing is tested")]
mod order;
#[path = "../../services/orders/src/http/wire.rs"]
#[allow(dead_code, reason = "only parsing is tested")]
mod orders_wire;
#[path = "../../services/products/src/http/wire.rs"]
#[allow(dead_code, reason = "only parsing is tested")]
mod products_wire;

use axum::body::Body;
use axum::extract::{FromRequest as _, FromRequestParts as _};
use domain::Email;
use http::{Request, header};
use libfuzzer_sys::fuzz_target;
use serde::de::DeserializeOwned;
use service_kit::extract::{Json, Object, Query};
use service_kit::problem::Problem;

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = bytes.split_first() else {
        return;
    };
    match kind {
        b'O' => order_lines(bytes),
        b'P' => new_product(bytes),
        b'C' => changes(bytes),
        b'p' => drop(query::<orders_wire::PageQuery>(bytes)),
        b'w' => drop(query::<products_wire::ListQuery>(bytes)),
        _ => email(bytes),
    }
});

fn order_lines(bytes: &[u8]) {
    let Some(order) = body::<orders_wire::PlaceOrder>(bytes) else {
        return;
    };
    let wanted = order
        .products
        .iter()
        .map(|Object(line)| (line.name.as_str(), line.quantity.0));
    let Ok(lines) = lines::Lines::merge(wanted) else {
        return;
    };
    let merged = lines.as_slice();
    assert!((1..=lines::MAX_LINES).contains(&merged.len()));
    let requested_units: i64 = order
        .products
        .iter()
        .map(|Object(line)| line.quantity.0)
        .sum();
    let merged_units = merged.iter().map(|line| i64::from(line.quantity.get()));
    assert_eq!(merged_units.sum::<i64>(), requested_units);
    let names: std::collections::BTreeSet<_> = merged.iter().map(|line| &line.name).collect();
    assert_eq!(names.len(), merged.len());
    assert!(lines.is_same_as(merged.iter().rev().map(|line| (&line.name, line.quantity))));
}

fn new_product(bytes: &[u8]) {
    let Some(new) = body::<products_wire::NewProduct>(bytes) else {
        return;
    };
    let Ok(Some(product)) = new.product.0.checked() else {
        return;
    };
    assert!((1..=9_999_999_999).contains(&product.price.minor()));
    assert!((1..=10).contains(&product.categories.len()));
    assert!((1..=100).contains(&product.name.as_str().chars().count()));
    // A client can send a product back as it received it.
    let response = products_wire::ProductBody::from(&product);
    let request = serde_json::json!({ "product": serde_json::to_value(response).expect("JSON") });
    let parsed = body::<products_wire::NewProduct>(request.to_string().as_bytes()).expect("a body");
    assert_eq!(parsed.product.0.checked(), Ok(Some(product)));
}

fn changes(bytes: &[u8]) {
    let Some(changes) = body::<products_wire::Changes>(bytes) else {
        return;
    };
    if let Ok(Some(change)) = changes.checked() {
        // The change is stored as JSON to detect repeated requests.
        assert!(serde_json::to_string(&change).is_ok_and(|text| text.len() < 64 * 1024));
    }
}

fn email(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(email) = Email::parse(text) {
        assert_eq!(Email::parse(email.as_str()).as_ref(), Ok(&email));
        assert!(
            email.as_str().len() <= 254
                && email.as_str().bytes().all(|byte| byte.is_ascii_graphic())
        );
        assert!(!format!("{email:?}").contains('@'));
    }
}

fn body<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let request = Request::post("/")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(bytes.to_vec()))
        .expect("a request");
    let parsed = runtime().block_on(Json::<T>::from_request(request, &()));
    parsed.map_err(check_problem).ok().map(|Json(value)| value)
}

fn query<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let uri = [b"/?", bytes].concat();
    let (mut parts, ()) = Request::get(uri.as_slice()).body(()).ok()?.into_parts();
    let parsed = runtime().block_on(Query::<T>::from_request_parts(&mut parts, &()));
    parsed.map_err(check_problem).ok().map(|Query(value)| value)
}

/// A refusal is a 422, names a field, and does not echo a long input.
fn check_problem(problem: Problem) {
    assert_eq!(problem.status, 422);
    assert!(!problem.errors.is_empty());
    for error in &problem.errors {
        assert!(
            !error.field.is_empty() && error.message.len() < 500,
            "{error:?}"
        );
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime")
}
