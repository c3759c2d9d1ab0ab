//! Orders from their placement to their decision.

use bson::{Bson, doc, oid::ObjectId};
use serde_json::{Value, json};
use testkit::{Expectations, Record, Shop, order};

#[tokio::test]
async fn given_lines_when_ordered_then_201_pending_with_their_cost_and_later_accepted() {
    let shop = Shop::start().await;
    let buyer = shop.user().await;
    let mut body = order(&[("Cutlery", 2), ("chair", 1), (" CUTLERY ", 1)]);
    body["client_email"] = json!("other@test.example");
    body["status"] = json!("ACCEPTED");
    let response = buyer.post("/api/orders", &body).await.expect(201);
    let (placed, id) = (response.json(), response.string("id"));
    assert_eq!(id.len(), 24);
    assert_eq!(placed["status"], "PENDING");
    assert_eq!(placed["cost"], json!(47.96));
    assert!(response.string("created_at").ends_with('Z'), "{placed}");
    let lines = json!([
        { "name": "cutlery", "price": 5.99, "quantity": 3 },
        { "name": "chair", "price": 29.99, "quantity": 1 },
    ]);
    assert_eq!(placed["products"], lines);
    assert!(placed.get("decided_at").is_none(), "{placed}");

    let decided = shop.wait_decided(&buyer, &id).await;
    assert_eq!(decided["status"], "ACCEPTED");
    assert!(
        decided["decided_at"].as_str() >= placed["created_at"].as_str(),
        "{decided}"
    );
    let listed = buyer.get("/api/orders?limit=1").await.expect(200).json();
    assert_eq!(listed["orders"][0], decided);
    for field in ["id", "cost", "created_at", "products"] {
        assert_eq!(decided[field], placed[field]);
    }
    assert_eq!(shop.stock("cutlery").await, 197);
    assert_eq!(shop.stock("chair").await, 29);
    let filter = doc! { "_id": ObjectId::parse_str(&id).expect("an id") };
    let stored = shop.collection("orders", "orders").find_one(filter).await;
    let stored = stored.expect("finds").expect("the order");
    assert_eq!(stored["client_email"], Bson::from("aaa@aaa.com"));
    assert!(matches!(stored["cost"], Bson::Decimal128(_)), "{stored}");
    shop.check_invariants(&Expectations::new(vec![id])).await;
}

#[tokio::test]
async fn given_orders_exceeding_the_stock_when_decided_then_one_is_rejected_with_the_reason() {
    let shop = Shop::start().await;
    shop.add_product("vase", 10.0, 3).await;
    let buyer = shop.user().await;
    // While products is down the product copy does not change, so both orders pass the first check.
    assert!(shop.stop("products").await.success());
    let first = shop.place_order(&buyer, "vase", 2).await;
    let second = shop.place_order(&buyer, "vase", 2).await;
    let pending = buyer.get(&format!("/api/orders/{second}")).await;
    let pending = pending.expect(200).json();
    assert!(pending.get("decided_at").is_none(), "{pending}");
    shop.restart("products").await;
    let accepted = shop.wait_decided(&buyer, &first).await;
    assert_eq!(accepted["status"], "ACCEPTED");
    assert!(
        accepted.get("reason").is_none_or(Value::is_null),
        "{accepted}"
    );
    let rejected = shop.wait_decided(&buyer, &second).await;
    assert_eq!(rejected["status"], "REJECTED");
    let reason = json!({ "code": "insufficient_stock", "products": ["vase"] });
    assert_eq!(rejected["reason"], reason);
    assert!(rejected["decided_at"].is_string(), "{rejected}");
    assert_eq!(shop.stock("vase").await, 1);
    let messages = shop.messages("order-status").await;
    let mut events = messages.iter().map(Record::json).rev();
    let published = events.find(|event| event["order_id"] == second.as_str());
    assert_eq!(published.expect("the decision")["reason"], reason);
    shop.check_invariants(&Expectations::new(vec![first, second]))
        .await;
}

#[tokio::test]
async fn given_an_admin_when_ordering_then_the_order_is_visible_to_the_admin_only() {
    let shop = Shop::start().await;
    let (admin, user) = (shop.admin().await, shop.user().await);
    let id = shop.place_order(&admin, "cutlery", 1).await;
    assert_eq!(shop.wait_decided(&admin, &id).await["status"], "ACCEPTED");
    let response = user.get(&format!("/api/orders/{id}")).await;
    response.expect_problem(404);
}
