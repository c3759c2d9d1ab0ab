//! Decisions about orders.

use insta::assert_json_snapshot;
use serde_json::{Value, json};
use testkit::{SingleService, eventually, order};

use crate::support::{add_chair, buyer, start};

/// Places an order, publishes the decision about it, and returns the order as soon as it is decided.
async fn decided_order(service: &SingleService, status: &str, reason: &Value) -> Value {
    add_chair(service).await;
    let buyer = buyer(service);
    let placed = buyer
        .post("/api/orders", &order(&[("chair", 2)]))
        .await
        .expect(201);
    let id = placed.string("id");
    let event = json!({
        "type": "OrderStatusUpdate", "order_id": id, "status": status, "reason": reason,
    });
    service.produce("order-status", &event).await;
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
async fn given_an_order_when_another_buyer_reads_it_then_it_does_not_exist() {
    let service = start().await;
    let order = decided_order(&service, "ACCEPTED", &Value::Null).await;
    let other = service.client_of("other@example.com", "user");
    let path = format!("/api/orders/{}", order["id"].as_str().expect("an id"));
    let hidden = other.get(&path).await;
    assert_json_snapshot!(hidden.expect_problem(404), { ".instance" => "[request id]" }, @r#"
    {
      "type": "/problems/unknown-order",
      "title": "Not Found",
      "status": 404,
      "detail": "The requested order does not exist.",
      "instance": "[request id]"
    }
    "#);
}
