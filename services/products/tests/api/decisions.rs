//! Decisions about orders.

use insta::assert_json_snapshot;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, doc};
use serde_json::{Value, json};
use testkit::SingleService;

use crate::support::{CHAIR_PATH, start};

pub(crate) const ORDER: &str = "79fefe4a1cad4140785928a4";
/// The id of `chair` in the development data.
const CHAIR: &str = "11fefe4a1cad4140785928a4";

/// Publishes an order of `quantity` chairs, with the id [`ORDER`], and returns the decision about it.
pub(crate) async fn decide(service: &SingleService, quantity: u32) -> Value {
    create(service, ORDER, quantity).await;
    decision(service, ORDER).await
}

async fn create(service: &SingleService, order: &str, quantity: u32) {
    let event = json!({ "type": "OrderCreate", "order": {
        "id": order, "client_email": "buyer@example.com", "cost": 29.99, "status": "PENDING",
        "products": [{ "id": CHAIR, "name": "chair", "price": 29.99, "quantity": quantity }],
    }});
    service.produce("orders", &event).await;
}

async fn decision(service: &SingleService, order: &str) -> Value {
    service
        .event("order-status", |event| event["order_id"] == order)
        .await
}

async fn stock_of_chair(service: &SingleService) -> Value {
    let list = service.client.get(CHAIR_PATH).await.expect(200);
    list.json()["products"][0]["quantity"].clone()
}

#[tokio::test]
async fn given_enough_stock_when_an_order_is_placed_then_it_is_accepted_and_the_stock_decreases() {
    let service = start().await;
    let decision = decide(&service, 2).await;
    assert_json_snapshot!(decision, @r#"
    {
      "type": "OrderStatusUpdate",
      "order_id": "79fefe4a1cad4140785928a4",
      "status": "ACCEPTED",
      "reason": null
    }
    "#);
    assert_eq!(stock_of_chair(&service).await, 28);
    let stock = service
        .event("products", |event| event["products"][0]["version"] == 2)
        .await;
    assert_json_snapshot!(stock, @r#"
    {
      "type": "ProductsQuantityUpdate",
      "products": [
        {
          "id": "11fefe4a1cad4140785928a4",
          "name": "chair",
          "price": 29.99,
          "quantity": 28,
          "version": 2
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn given_too_little_stock_when_an_order_is_placed_then_it_is_rejected_with_the_reason() {
    let service = start().await;
    let decision = decide(&service, 31).await;
    assert_json_snapshot!(decision, @r#"
    {
      "type": "OrderStatusUpdate",
      "order_id": "79fefe4a1cad4140785928a4",
      "status": "REJECTED",
      "reason": {
        "code": "insufficient_stock",
        "products": [
          "chair"
        ]
      }
    }
    "#);
    assert_eq!(stock_of_chair(&service).await, 30);
}

#[tokio::test]
async fn given_an_order_that_the_database_refuses_when_decided_then_it_is_a_dead_letter_and_others_are_decided()
 {
    const REFUSED: &str = "78fefe4a1cad4140785928a4";
    let service = start().await;
    let refused = ObjectId::parse_str(REFUSED).expect("an id");
    let validator = doc! { "_id": { "$ne": refused } };
    let database = service.database();
    let change = database.run_command(doc! { "collMod": "orders", "validator": validator });
    change.await.expect("the validator is set");
    create(&service, REFUSED, 1).await;
    let decision = decide(&service, 2).await;
    assert_eq!(decision["status"], "ACCEPTED");
    let letter = service
        .event("dead-letters", |event| event["order"]["id"] == REFUSED)
        .await;
    assert_eq!(letter["type"], "OrderCreate");
    assert_eq!(
        stock_of_chair(&service).await,
        28,
        "nothing is taken for the dead letter"
    );
}

#[tokio::test]
async fn given_a_decision_of_a_later_release_when_its_order_arrives_again_then_it_is_sent_as_it_is_stored()
 {
    const CANCELLED: &str = "77fefe4a1cad4140785928a4";
    let service = start().await;
    let decisions = service.collection("orders");
    let later = doc! {
        "_id": ObjectId::parse_str(CANCELLED).expect("an id"), "status": "CANCELLED",
        "reason": { "code": "too_late", "products": ["chair"], "more": 2 },
        "lines": [], "decided_at": DateTime::now(), "stock": [], "cancelled_by": "buyer",
    };
    decisions.insert_one(&later).await.expect("an insert");
    create(&service, CANCELLED, 1).await;
    assert_json_snapshot!(decision(&service, CANCELLED).await, @r#"
    {
      "type": "OrderStatusUpdate",
      "order_id": "77fefe4a1cad4140785928a4",
      "status": "CANCELLED",
      "reason": {
        "code": "too_late",
        "products": [
          "chair"
        ],
        "more": 2
      }
    }
    "#);
    assert_eq!(stock_of_chair(&service).await, 30);
    let stored = decisions.find_one(doc! { "status": "CANCELLED" }).await;
    assert_eq!(stored.expect("a read"), Some(later));
}
