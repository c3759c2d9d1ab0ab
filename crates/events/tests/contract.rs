//! Compatibility of events with earlier and later releases.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::path::Path;

use events::{Event, KINDS, MAX_PAYLOAD_BYTES, MAX_PRODUCTS, schema_of};
use serde_json::Value;

const FIRST_RELEASE: &str = include_str!("first_release.jsonl");

fn committed(kind: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("schemas")
        .join(format!("{kind}.json"));
    let current = serde_json::to_string_pretty(&schema_of(kind).expect("a schema for each kind"))
        .unwrap()
        + "\n";
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        std::fs::write(&path, &current).unwrap();
    }
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn given_the_committed_schemas_when_compared_with_the_types_then_they_agree() {
    for kind in KINDS {
        let current = serde_json::to_value(schema_of(kind).unwrap()).unwrap();
        assert_eq!(
            committed(kind),
            current,
            "{kind}: if the change is compatible, UPDATE_SCHEMAS=1"
        );
    }
}

#[test]
fn given_messages_of_the_first_release_when_parsed_and_serialised_then_no_byte_differs() {
    for line in FIRST_RELEASE.lines() {
        let event = Event::decode(line.as_bytes()).expect(line);
        assert_eq!(serde_json::to_string(&event).unwrap(), line);
    }
}

#[test]
fn given_messages_of_the_first_release_when_checked_against_the_schemas_then_they_are_valid() {
    for line in FIRST_RELEASE.lines() {
        let message: Value = serde_json::from_str(line).unwrap();
        let schema = committed(message["type"].as_str().unwrap());
        let outcome = jsonschema::validate(&schema, &message);
        assert!(outcome.is_ok(), "{line}: {outcome:?}");
    }
}

#[test]
fn given_a_field_of_a_later_release_when_parsed_then_it_is_ignored() {
    for line in FIRST_RELEASE.lines() {
        let mut message: Value = serde_json::from_str(line).unwrap();
        message["added_later"] = Value::from(1);
        let read = Event::decode(message.to_string().as_bytes()).expect(line);
        assert_eq!(read, Event::decode(line.as_bytes()).unwrap());
    }
}

#[test]
fn given_the_same_fact_when_sent_twice_then_the_id_is_the_same_and_other_facts_have_other_ids() {
    let events: Vec<Event> = FIRST_RELEASE
        .lines()
        .map(|line| Event::decode(line.as_bytes()).unwrap())
        .collect();
    for event in &events {
        assert_eq!(event.id(), event.clone().id());
    }
    let Event::ProductsQuantityUpdate { mut products } = events[4].clone() else {
        panic!("the fifth")
    };
    products[0].version += 1;
    assert_ne!(
        Event::ProductsQuantityUpdate { products }.id(),
        events[4].id()
    );
}

#[test]
fn given_an_event_beyond_the_bounds_when_parsed_then_it_is_refused() {
    let order = |lines: usize, email: &str| {
        let line = r#"{"id":"11fefe4a1cad4140785928a4","name":"chair","price":1,"quantity":1}"#;
        let lines = vec![line; lines].join(",");
        format!(
            r#"{{"type":"OrderCreate","order":{{"id":"71fefe4a1cad4140785928a4","client_email":"{email}","cost":1,"status":"PENDING","products":[{lines}]}}}}"#
        )
    };
    let rejection = |products: usize, name: &str| {
        let products = vec![format!("\"{name}\""); products].join(",");
        format!(
            r#"{{"type":"OrderStatusUpdate","order_id":"71fefe4a1cad4140785928a4","status":"REJECTED","reason":{{"code":"insufficient_stock","products":[{products}]}}}}"#
        )
    };
    let product = |name: &str| {
        format!(
            r#"{{"type":"ProductCreate","product":{{"id":"11fefe4a1cad4140785928a4","name":"{name}","price":1,"quantity":1,"version":1}}}}"#
        )
    };
    let check = |payload: &str, fits: bool| {
        let read = Event::decode(payload.as_bytes());
        assert_eq!(read.is_ok(), fits, "{:.200}", format!("{read:?}"));
    };
    let longest = "𝒳".repeat(100);
    check(&order(100, "a@b.c"), true);
    check(&order(MAX_PRODUCTS, "a@b.c"), true);
    check(&order(MAX_PRODUCTS + 1, "a@b.c"), false);
    check(&order(1, &"a".repeat(10_000)), false);
    check(&rejection(MAX_PRODUCTS, &longest), true);
    check(&rejection(MAX_PRODUCTS + 1, "chair"), false);
    check(&product(&longest), true);
    check(&product(&"a".repeat(101)), false);
    let padded = |length: usize| format!("{}{}", product("chair"), " ".repeat(length));
    check(&padded(MAX_PAYLOAD_BYTES / 2), true);
    check(&padded(MAX_PAYLOAD_BYTES), false);
}

#[test]
fn given_a_poison_message_when_parsed_then_it_is_refused() {
    for poison in [
        "",
        "{",
        "[]",
        r#"{"type":1}"#,
        r#"{"type":"OrderCreate"}"#,
        r#"{"type":"OrderStatusUpdate","order_id":"zz","status":"ACCEPTED"}"#,
        r#"{"type":"OrderStatusUpdate","order_id":"71fefe4a1cad4140785928a4","status":"PENDING"}"#,
        r#"{"type":"ProductsQuantityUpdate","products":[]}"#,
        r#"{"type":"ProductCreate","product":{"id":"11fefe4a1cad4140785928a4","name":"chair","price":29.999,"quantity":30,"version":1}}"#,
        r#"{"type":"ProductCreate","product":{"id":"11fefe4a1cad4140785928a4","name":"chair","price":29.99,"quantity":-1,"version":1}}"#,
    ] {
        let refused = Event::decode(poison.as_bytes()).expect_err(poison);
        assert!(
            refused
                .to_string()
                .starts_with("not an event of the contract"),
            "{poison}: {refused}"
        );
    }
}

#[test]
fn given_codes_of_a_later_release_when_parsed_then_they_are_kept_and_passed_on() {
    for line in [
        r#"{"type":"OrderStatusUpdate","order_id":"71fefe4a1cad4140785928a4","status":"CANCELLED","reason":null}"#,
        r#"{"type":"OrderStatusUpdate","order_id":"71fefe4a1cad4140785928a4","status":"REJECTED","reason":{"code":"not_for_sale","products":["chair"]}}"#,
        r#"{"type":"OrderCreate","order":{"id":"71fefe4a1cad4140785928a4","client_email":"aaa@aaa.com","cost":1.00,"status":"PAID","products":[{"id":"11fefe4a1cad4140785928a4","name":"chair","price":1.00,"quantity":1}]}}"#,
    ] {
        let event = Event::decode(line.as_bytes()).expect(line);
        let kept = serde_json::to_value(&event).unwrap();
        assert_eq!(kept, serde_json::from_str::<Value>(line).unwrap());
        let schema = committed(event.kind());
        let outcome = jsonschema::validate(&schema, &kept);
        assert!(outcome.is_ok(), "{line}: {outcome:?}");
    }
}

#[test]
fn given_codes_that_cannot_be_codes_when_parsed_then_they_are_refused() {
    for status in ["", "a b", "<b>", &"X".repeat(101)] {
        let line = format!(
            r#"{{"type":"OrderStatusUpdate","order_id":"71fefe4a1cad4140785928a4","status":"{status}"}}"#
        );
        assert!(Event::decode(line.as_bytes()).is_err(), "{line}");
    }
}

#[test]
fn given_a_kind_of_a_later_release_when_parsed_then_the_error_says_so() {
    let error = Event::decode(br#"{"type":"OrderCancel","order_id":"1"}"#).unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("unknown kind \"OrderCancel\"") && error.contains("replay"),
        "{error}"
    );
}
