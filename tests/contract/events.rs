//! What is said on Kafka.

use serde_json::{Value, json};
use testkit::{Ledger, Record, SOON, Shop, eventually};

async fn told(
    shop: &Shop,
    topic: &str,
    kind: &str,
    about: impl Fn(&Value) -> bool,
) -> (Record, Value) {
    eventually(&format!("{kind} is told"), SOON, async || {
        for record in shop.messages(topic).await {
            let event: Value = serde_json::from_slice(&record.payload).expect("JSON");
            if event["type"] == kind && about(&event) {
                return Ok((record, event));
            }
        }
        Err("it is not on the topic".to_owned())
    })
    .await
}

#[tokio::test]
async fn given_a_sale_from_creation_to_decision_when_read_from_kafka_then_it_is_the_contracts_events()
 {
    let shop = Shop::start().await;
    shop.stock("kettle", 19.9, 5).await;
    let (record, event) = told(&shop, "products", "ProductCreate", |e| {
        e["product"]["name"] == "kettle"
    })
    .await;
    let product_id = event["product"]["id"].clone();
    let version = event["product"]["version"].as_i64().expect("a version");
    let expected = json!({ "type": "ProductCreate", "product": { "id": product_id, "name": "kettle", "price": 19.9, "quantity": 5, "version": version } });
    assert_eq!(event, expected);
    let header = |name| {
        record
            .header(name)
            .unwrap_or_else(|| panic!("no {name}"))
            .to_owned()
    };
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
        .place(&buyer.with_header("traceparent", trace), "kettle", 2)
        .await;
    shop.decided(&buyer, &id).await;
    let (record, event) = told(&shop, "orders", "OrderCreate", |_| true).await;
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

    let (_, event) = told(&shop, "order-status", "OrderStatusUpdate", |_| true).await;
    assert_eq!(
        (&event["order_id"], &event["status"]),
        (&json!(id), &json!("ACCEPTED"))
    );
    let sold = |e: &Value| e["products"][0]["id"] == product_id;
    let (_, event) = told(&shop, "products", "ProductsQuantityUpdate", sold).await;
    let expected = json!([{ "id": product_id, "name": "kettle", "price": 19.9, "quantity": 3, "version": version + 1 }]);
    assert_eq!(event["products"], expected);
    shop.judge(&Ledger::of(vec![id])).await;
}

#[tokio::test]
async fn given_the_databases_when_read_then_they_have_the_contracts_fields() {
    let shop = Shop::start().await;
    let buyer = shop.user().await;
    let id = shop.place(&buyer, "cutlery", 2).await;
    shop.decided(&buyer, &id).await;
    let admin = shop.admin().await;
    let _ = admin
        .patch("/api/products?name=chair", &json!({ "add_quantity": 3 }))
        .await
        .expect(200);

    let one = async |kind: &str, collection: &str, filter: bson::Document| {
        let found = shop
            .store(kind)
            .collection::<bson::Document>(collection)
            .find_one(filter)
            .await;
        found
            .expect("the store answers")
            .unwrap_or_else(|| panic!("nothing in {kind}.{collection}"))
    };
    let user = one(
        "authentication",
        "users",
        bson::doc! { "email": "aaa@aaa.com" },
    )
    .await;
    assert!(
        user.get_str("password_hash")
            .is_ok_and(|hash| hash.starts_with("$argon2id$")),
        "{user}"
    );
    let product = one("products", "products", bson::doc! { "name": "cutlery" }).await;
    assert_eq!(
        product.get_object_id("_id").expect("an id").to_hex(),
        "10fefe4a1cad4140785928a4"
    );
    assert!(
        matches!(product.get("price"), Some(bson::Bson::Decimal128(_))),
        "{product}"
    );
    assert_eq!(testkit::number(&product["quantity"]), 198);
    let order = bson::oid::ObjectId::parse_str(&id).expect("an id");
    let decision = one("products", "orders", bson::doc! { "_id": order }).await;
    assert_eq!(decision.get_str("status").expect("a status"), "ACCEPTED");
    let line = decision.get_array("lines").expect("lines")[0]
        .as_document()
        .expect("a line")
        .clone();
    assert_eq!(line["product_id"], product["_id"]);
    assert_eq!(testkit::number(&line["quantity"]), 2);
    assert!(
        decision.get("decided_at").is_some() && decision.get_array("stock").is_ok(),
        "{decision}"
    );
    let restock = one("products", "restocks", bson::doc! { "delta": 3 }).await;
    assert!(
        restock.get("version").is_some() && restock.get("at").is_some(),
        "{restock}"
    );
    for id in ["71", "72", "73"] {
        let id =
            bson::oid::ObjectId::parse_str(format!("{id}fefe4a1cad4140785928a4")).expect("an id");
        one("products", "orders", bson::doc! { "_id": id }).await;
    }
    let copy = one("orders", "products", bson::doc! { "name": "chair" }).await;
    assert!(
        matches!(copy.get("price"), Some(bson::Bson::Decimal128(_))),
        "{copy}"
    );
}
