//! Archiving of decisions and of the recorded responses of changes.

use std::time::Duration;

use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, Document, doc};
use serde_json::json;
use testkit::{RawMessage, SingleService, eventually};

use crate::support::{CHAIR_PATH, admin, start_with};

/// The id of `chair` in the development data.
const CHAIR: &str = "11fefe4a1cad4140785928a4";
const KEY: (&str, &str) = ("Idempotency-Key", "restock-1");

async fn start() -> SingleService {
    start_with(&[("SEED_DATA", "true"), ("ARCHIVE_INTERVAL", "100ms")]).await
}

fn days_ago(days: u32) -> DateTime {
    DateTime::from_system_time(DateTime::now().to_system_time() - days * Duration::from_hours(24))
}

fn decision(placed_at: Option<DateTime>, decided_at: DateTime) -> Document {
    let mut decision = doc! {
        "_id": ObjectId::new(), "status": "ACCEPTED", "reason": null, "lines": [],
        "decided_at": decided_at, "stock": [],
    };
    if let Some(placed_at) = placed_at {
        decision.insert("placed_at", placed_at);
    }
    decision
}

/// The message of an order for one chair.
fn order(id: ObjectId, placed_at: DateTime) -> RawMessage {
    let event = json!({ "type": "OrderCreate", "order": {
        "id": id.to_hex(), "client_email": "buyer@example.com", "cost": 29.99, "status": "PENDING",
        "products": [{ "id": CHAIR, "name": "chair", "price": 29.99, "quantity": 1 }],
    }});
    let mut message = RawMessage::new(event.to_string());
    let time = placed_at.try_to_rfc3339_string().expect("a time");
    message.headers.push(("ce_time".to_owned(), time));
    message
}

#[tokio::test]
async fn given_old_decisions_when_archived_then_their_orders_are_never_decided_again() {
    let service = start().await;
    let decisions = service.collection("orders");
    let old: Vec<Document> = (31..=630)
        .map(|days| decision(Some(days_ago(days)), days_ago(days)))
        .collect();
    let kept = [
        decision(Some(days_ago(29)), days_ago(29)),
        decision(Some(days_ago(40)), days_ago(10)),
        decision(None, days_ago(40)),
    ];
    decisions.insert_many(&old).await.expect("inserts");
    decisions.insert_many(&kept).await.expect("inserts");
    eventually("the old decisions are gone", async || {
        let left = decisions.count_documents(doc! {}).await;
        match left.map_err(|error| error.to_string())? {
            6 => Ok(()),
            left => Err(format!(
                "{left} decisions, with three of the development data"
            )),
        }
    })
    .await;

    let archived = old[0].get_object_id("_id").expect("an id");
    let placed_at = old[0].get_datetime("placed_at").expect("a time");
    service
        .produce_raw("orders", order(archived, *placed_at))
        .await;
    let letter = json!(archived.to_hex());
    service
        .event("dead-letters", |event| event["order"]["id"] == letter)
        .await;
    let new = ObjectId::new();
    service.produce_raw("orders", order(new, days_ago(0))).await;
    let decided = service.event("order-status", |event| event["order_id"] == new.to_hex());
    assert_eq!(decided.await["status"], "ACCEPTED");
    let chair = service.client.get(CHAIR_PATH).await.expect(200).json();
    assert_eq!(
        chair["products"][0]["quantity"], 29,
        "only the new order took one"
    );
    let by_id = doc! { "_id": archived };
    let decided = decisions.count_documents(by_id).await.expect("counts");
    assert_eq!(decided, 0);
}

#[tokio::test]
async fn given_an_archived_response_when_the_change_is_repeated_then_it_has_no_effect_again() {
    let service = start().await;
    let admin = admin(&service);
    let keyed = admin.with_header(KEY.0, KEY.1);
    let restock = json!({ "add_quantity": 5 });
    keyed.patch(CHAIR_PATH, &restock).await.expect(200);
    admin
        .patch(CHAIR_PATH, &json!({ "price": 31.5 }))
        .await
        .expect(200);
    let changes = service.collection("restocks");
    let by_delta = doc! { "delta": 5 };
    let old = doc! { "$set": { "at": days_ago(31) } };
    changes
        .update_one(by_delta.clone(), old)
        .await
        .expect("updates");
    let archived = eventually("the response is archived", async || {
        let found = changes.find_one(by_delta.clone()).await;
        let found = found.map_err(|error| error.to_string())?.ok_or("none")?;
        (!found.contains_key("answer"))
            .then_some(found)
            .ok_or("it is recorded".to_owned())
    })
    .await;
    assert!(!archived.contains_key("request"));
    assert_eq!(
        archived.get_i64("version").ok(),
        Some(2),
        "the version is accounted for"
    );

    let repeated = keyed.patch(CHAIR_PATH, &restock).await.expect(200).json();
    assert_eq!(
        (&repeated["quantity"], &repeated["price"]),
        (&json!(35), &json!(31.5))
    );
    keyed
        .patch(CHAIR_PATH, &json!({ "add_quantity": 6 }))
        .await
        .expect(422);
}
