//! Decisions about orders.

use insta::assert_json_snapshot;
use mongodb::bson::doc;
use mongodb::bson::oid::ObjectId;
use serde_json::{Value, json};
use testkit::{Client, SingleService, eventually};

use crate::support::{buyer, decide, place, start};

/// Places an order, publishes the decision about it, and returns the order as soon as it is decided.
async fn decided_order(service: &SingleService, status: &str, reason: &Value) -> Value {
    let buyer = buyer(service);
    let placed = place(&buyer, &[("chair", 2)]).await.expect(201);
    let id = placed.string("id");
    decide(service, &id, status, reason).await;
    wait_decided(&buyer, &id).await
}

async fn wait_decided(buyer: &Client, id: &str) -> Value {
    eventually("the order is decided", async || {
        let order = buyer
            .get(&format!("/api/orders/{id}"))
            .await
            .expect(200)
            .json();
        if order["status"] == "PENDING" {
            Err(order.to_string())
        } else {
            Ok(order)
        }
    })
    .await
}

#[tokio::test]
async fn given_a_pending_order_when_it_is_accepted_then_its_status_changes() {
    let service = start().await;
    let order = decided_order(&service, "ACCEPTED", &Value::Null).await;
    assert_json_snapshot!(order, {
        ".id" => "[id]", ".created_at" => "[time]", ".decided_at" => "[time]",
    }, @r#"
    {
      "id": "[id]",
      "status": "ACCEPTED",
      "cost": 59.98,
      "created_at": "[time]",
      "decided_at": "[time]",
      "products": [
        {
          "name": "chair",
          "price": 29.99,
          "quantity": 2
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn given_a_pending_order_when_it_is_rejected_then_it_has_the_reason() {
    let service = start().await;
    let reason = json!({ "code": "insufficient_stock", "products": ["chair"] });
    let order = decided_order(&service, "REJECTED", &reason).await;
    assert_json_snapshot!(order, {
        ".id" => "[id]", ".created_at" => "[time]", ".decided_at" => "[time]",
    }, @r#"
    {
      "id": "[id]",
      "status": "REJECTED",
      "cost": 59.98,
      "created_at": "[time]",
      "decided_at": "[time]",
      "products": [
        {
          "name": "chair",
          "price": 29.99,
          "quantity": 2
        }
      ],
      "reason": {
        "code": "insufficient_stock",
        "products": [
          "chair"
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn given_a_reason_of_a_later_release_when_it_is_decided_then_clients_see_it() {
    let service = start().await;
    let reason = json!({ "code": "not_for_sale", "products": ["chair"] });
    let order = decided_order(&service, "REJECTED", &reason).await;
    assert_eq!(order["status"], "REJECTED");
    assert_eq!(order["reason"], reason);
}

#[tokio::test]
async fn given_a_decision_of_a_later_release_when_it_is_decided_then_clients_see_it() {
    let service = start().await;
    let order = decided_order(&service, "CANCELLED", &Value::Null).await;
    assert_eq!(order["status"], "CANCELLED");
}

#[tokio::test]
async fn given_a_decision_that_the_database_refuses_when_consumed_then_it_is_a_dead_letter_and_others_apply()
 {
    let service = start().await;
    let buyer = buyer(&service);
    let mut ids = Vec::new();
    for _ in 0..3 {
        let placed = place(&buyer, &[("chair", 1)]).await.expect(201);
        ids.push(placed.string("id"));
    }
    let refused = ObjectId::parse_str(&ids[0]).expect("an id");
    let validator = doc! { "$nor": [{ "_id": refused, "status": "ACCEPTED" }] };
    let database = service.database();
    let change = database.run_command(doc! { "collMod": "orders", "validator": validator });
    change.await.expect("the validator is set");
    for id in &ids {
        decide(&service, id, "ACCEPTED", &Value::Null).await;
    }
    for id in &ids[1..] {
        assert_eq!(wait_decided(&buyer, id).await["status"], "ACCEPTED");
    }
    let letter = service
        .event("dead-letters", |event| event["order_id"] == ids[0])
        .await;
    assert_eq!(letter["status"], "ACCEPTED");
    let letters = service.messages("dead-letters").await;
    assert_eq!(letters.len(), 1);
    let reason = letters[0].header("dlq-reason").expect("a reason");
    assert!(reason.contains("121"), "{reason}");
}
