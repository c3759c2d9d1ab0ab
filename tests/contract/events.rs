//! The events on Kafka and the documents in MongoDB.

use bson::oid::ObjectId;
use bson::{Bson, Document, doc};
use serde_json::{Value, json};
use testkit::{Expectations, Record, Shop, eventually, integer};

/// Waits for an event of a type that satisfies `matches`.
async fn find_event(
    shop: &Shop,
    topic: &str,
    event_type: &str,
    matches: impl Fn(&Value) -> bool,
) -> (Record, Value) {
    eventually(&format!("{event_type} is published"), async || {
        for record in shop.messages(topic).await {
            let event = record.json();
            if event["type"] == event_type && matches(&event) {
                return Ok((record, event));
            }
        }
        Err("it is not on the topic".to_owned())
    })
    .await
}

#[tokio::test]
async fn given_a_sale_when_its_events_are_read_from_kafka_then_they_match_the_contract() {
    let shop = Shop::start().await;
    shop.add_product("kettle", 19.9, 5).await;
    let (record, event) = find_event(&shop, "products", "ProductCreate", |e| {
        e["product"]["name"] == "kettle"
    })
    .await;
    let product_id = event["product"]["id"].clone();
    let version = event["product"]["version"].as_i64().expect("a version");
    let expected = json!({ "type": "ProductCreate", "product": { "id": product_id, "name": "kettle", "price": 19.9, "quantity": 5, "version": version } });
    assert_eq!(event, expected);
    let header = |name| record.header(name).unwrap_or_default();
    assert_eq!(header("ce_specversion"), "1.0");
    assert_eq!(header("ce_type"), "ProductCreate");
    assert_eq!(header("content-type"), "application/json");
    assert!(
        !header("ce_id").is_empty()
            && !header("ce_source").is_empty()
            && header("ce_time").ends_with('Z')
    );

    let buyer = shop.user().await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let id = shop
        .place_order(&buyer.with_header("traceparent", trace), "kettle", 2)
        .await;
    shop.wait_decided(&buyer, &id).await;
    let (record, event) = find_event(&shop, "orders", "OrderCreate", |_| true).await;
    let expected = json!({ "type": "OrderCreate", "order": {
        "id": id, "client_email": "aaa@aaa.com", "cost": 39.8, "status": "PENDING",
        "products": [{ "id": product_id, "name": "kettle", "price": 19.9, "quantity": 2 }],
    }});
    assert_eq!(event, expected);
    let traceparent = record.header("traceparent").expect("a trace");
    assert!(
        traceparent.contains("4bf92f3577b34da6a3ce929d0e0e4736"),
        "{traceparent}"
    );

    let (_, event) = find_event(&shop, "order-status", "OrderStatusUpdate", |_| true).await;
    assert_eq!(
        (&event["order_id"], &event["status"]),
        (&json!(id), &json!("ACCEPTED"))
    );
    let sold = |e: &Value| e["products"][0]["id"] == product_id;
    let (_, event) = find_event(&shop, "products", "ProductsQuantityUpdate", sold).await;
    let expected = json!([{ "id": product_id, "name": "kettle", "price": 19.9, "quantity": 3, "version": version + 1 }]);
    assert_eq!(event["products"], expected);
    shop.check_invariants(&Expectations::new(vec![id])).await;
}

#[tokio::test]
async fn given_the_databases_when_read_then_their_documents_match_the_contract() {
    let shop = Shop::start().await;
    let buyer = shop.user().await;
    let id = shop.place_order(&buyer, "cutlery", 2).await;
    shop.wait_decided(&buyer, &id).await;
    let admin = shop.admin().await;
    admin
        .patch("/api/products?name=chair", &json!({ "add_quantity": 3 }))
        .await
        .expect(200);

    let find = async |service: &str, collection: &str, filter: Document| {
        let found = shop.collection(service, collection).find_one(filter).await;
        found
            .expect("finds")
            .unwrap_or_else(|| panic!("no document in {service}.{collection}"))
    };
    let object_id = |id: &str| ObjectId::parse_str(id).expect("an id");
    let is_decimal = |price: Option<&Bson>| matches!(price, Some(Bson::Decimal128(_)));
    let user = find("authentication", "users", doc! { "email": "aaa@aaa.com" }).await;
    let hash = user.get_str("password_hash").unwrap_or_default();
    assert!(hash.starts_with("$argon2id$"), "{user}");
    let product = find("products", "products", doc! { "name": "cutlery" }).await;
    let product_id = Bson::ObjectId(object_id("10fefe4a1cad4140785928a4"));
    assert_eq!(product["_id"], product_id);
    assert!(is_decimal(product.get("price")), "{product}");
    assert_eq!(integer(&product["quantity"]), 198);
    let decision = find("products", "orders", doc! { "_id": object_id(&id) }).await;
    assert_eq!(decision.get_str("status").expect("a status"), "ACCEPTED");
    let line = decision.get_array("lines").expect("lines")[0]
        .as_document()
        .expect("a line");
    assert_eq!(line["product_id"], product_id);
    assert_eq!(integer(&line["quantity"]), 2);
    assert!(
        decision.get("decided_at").is_some() && decision.get_array("stock").is_ok(),
        "{decision}"
    );
    let restock = find("products", "restocks", doc! { "delta": 3 }).await;
    assert!(
        restock.get("version").is_some() && restock.get("at").is_some(),
        "{restock}"
    );
    for prefix in ["71", "72", "73"] {
        let id = object_id(&format!("{prefix}fefe4a1cad4140785928a4"));
        find("products", "orders", doc! { "_id": id }).await;
    }
    let copy = find("orders", "products", doc! { "name": "chair" }).await;
    assert!(is_decimal(copy.get("price")), "{copy}");
}
