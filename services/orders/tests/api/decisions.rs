//! Decisions about orders.

use insta::assert_json_snapshot;
use serde_json::{Value, json};
use testkit::{SingleService, eventually};

use crate::support::{buyer, decide, place, start};

/// Places an order, publishes the decision about it, and returns the order as soon as it is decided.
async fn decided_order(service: &SingleService, status: &str, reason: &Value) -> Value {
    let buyer = buyer(service);
    let placed = place(&buyer, &[("chair", 2)]).await.expect(201);
    let id = placed.string("id");
    decide(service, &id, status, reason).await;
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
