//! Placing and listing orders.

use insta::assert_json_snapshot;
use serde_json::json;
use testkit::order;

use crate::support::{add_chair, buyer, start};

#[tokio::test]
async fn given_a_product_when_an_order_is_placed_then_it_is_returned_pending_and_published() {
    let service = start().await;
    add_chair(&service).await;
    let body = order(&[("Chair", 2), ("chair", 1)]);
    let placed = buyer(&service).post("/api/orders", &body).await.expect(201);
    assert_json_snapshot!(placed.json(), { ".id" => "[id]", ".created_at" => "[time]" }, @r#"
    {
      "id": "[id]",
      "status": "PENDING",
      "cost": 89.97,
      "created_at": "[time]",
      "products": [
        {
          "name": "chair",
          "price": 29.99,
          "quantity": 3
        }
      ]
    }
    "#);
    let location = format!("/api/orders/{}", placed.string("id"));
    assert_eq!(placed.header("location"), Some(location.as_str()));
    let event = service.event("orders", |_| true).await;
    assert_eq!(event["order"]["id"], placed.string("id"));
    assert_json_snapshot!(event, { ".order.id" => "[id]" }, @r#"
    {
      "type": "OrderCreate",
      "order": {
        "id": "[id]",
        "client_email": "buyer@example.com",
        "cost": 89.97,
        "status": "PENDING",
        "products": [
          {
            "id": "11fefe4a1cad4140785928a4",
            "name": "chair",
            "price": 29.99,
            "quantity": 3
          }
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn given_two_orders_when_listed_then_all_are_oldest_first_and_pages_newest_first() {
    let service = start().await;
    add_chair(&service).await;
    let buyer = buyer(&service);
    for quantity in [1, 2] {
        buyer
            .post("/api/orders", &order(&[("chair", quantity)]))
            .await
            .expect(201);
    }
    let all = buyer.get("/api/orders").await.expect(200);
    assert_json_snapshot!(all.json(), { ".orders[].id" => "[id]", ".orders[].created_at" => "[time]" }, @r#"
    {
      "orders": [
        {
          "id": "[id]",
          "status": "PENDING",
          "cost": 29.99,
          "created_at": "[time]",
          "products": [
            {
              "name": "chair",
              "price": 29.99,
              "quantity": 1
            }
          ]
        },
        {
          "id": "[id]",
          "status": "PENDING",
          "cost": 59.98,
          "created_at": "[time]",
          "products": [
            {
              "name": "chair",
              "price": 29.99,
              "quantity": 2
            }
          ]
        }
      ]
    }
    "#);
    let all = all.json();
    let first = buyer.get("/api/orders?limit=1").await.expect(200);
    let cursor = first.string("next_cursor");
    let newest = json!({ "orders": [all["orders"][1]], "next_cursor": cursor });
    assert_eq!(first.json(), newest);
    let path = format!("/api/orders?limit=1&cursor={cursor}");
    let last = buyer.get(&path).await.expect(200);
    let oldest = json!({ "orders": [all["orders"][0]], "next_cursor": null });
    assert_eq!(last.json(), oldest);
}

#[tokio::test]
async fn given_orders_that_cannot_be_placed_when_sent_then_each_problem_names_the_reason() {
    let service = start().await;
    add_chair(&service).await;
    let buyer = buyer(&service);
    let unknown = buyer.post("/api/orders", &order(&[("sofa", 1)])).await;
    assert_json_snapshot!(unknown.expect_problem(404), { ".instance" => "[request id]" }, @r#"
    {
      "type": "/problems/unknown-product",
      "title": "Not Found",
      "status": 404,
      "detail": "The requested product does not exist.",
      "instance": "[request id]"
    }
    "#);
    let too_many = buyer.post("/api/orders", &order(&[("chair", 6)])).await;
    assert_json_snapshot!(too_many.expect_problem(404), { ".instance" => "[request id]" }, @r#"
    {
      "type": "/problems/insufficient-stock",
      "title": "Not Found",
      "status": 404,
      "detail": "The requested amount does not exist.",
      "instance": "[request id]"
    }
    "#);
    let empty = buyer.post("/api/orders", &order(&[])).await;
    assert_json_snapshot!(empty.expect_problem(400), { ".instance" => "[request id]" }, @r#"
    {
      "type": "/problems/bad-request",
      "title": "Bad Request",
      "status": 400,
      "detail": "Bad request format",
      "instance": "[request id]"
    }
    "#);
    let malformed = json!({ "products": [{ "name": "chair", "quantity": "two" }] });
    let malformed = buyer.post("/api/orders", &malformed).await;
    assert_json_snapshot!(malformed.expect_problem(422), { ".instance" => "[request id]" }, @r#"
    {
      "type": "/problems/invalid-input",
      "title": "Unprocessable Entity",
      "status": 422,
      "detail": "products[0].quantity: must be a whole number",
      "instance": "[request id]",
      "errors": [
        {
          "field": "products[0].quantity",
          "message": "must be a whole number"
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn given_an_idempotency_key_when_the_order_is_repeated_then_the_response_is_identical() {
    let service = start().await;
    add_chair(&service).await;
    let buyer = buyer(&service).with_header("Idempotency-Key", "key-1");
    let first = buyer
        .post("/api/orders", &order(&[("chair", 2)]))
        .await
        .expect(201);
    let repeat = buyer
        .post("/api/orders", &order(&[("chair", 2)]))
        .await
        .expect(201);
    assert_eq!(repeat.text(), first.text());
    let other = buyer.post("/api/orders", &order(&[("chair", 1)])).await;
    assert_json_snapshot!(other.expect_problem(422), { ".instance" => "[request id]" }, @r#"
    {
      "type": "/problems/idempotency-key-reused",
      "title": "Unprocessable Entity",
      "status": 422,
      "detail": "Idempotency-Key: was used for another order",
      "instance": "[request id]",
      "errors": [
        {
          "field": "Idempotency-Key",
          "message": "was used for another order"
        }
      ]
    }
    "#);
}
