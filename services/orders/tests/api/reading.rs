//! Listing and reading orders.

use insta::assert_json_snapshot;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, Decimal128, doc};
use serde_json::json;
use testkit::Client;

use crate::support::{buyer, place, start};

#[tokio::test]
async fn given_orders_when_listed_then_all_are_oldest_first_and_pages_newest_first() {
    let service = start().await;
    let buyer = buyer(&service);
    let mut placed = Vec::new();
    for quantity in 1..=7 {
        let order = place(&buyer, &[("chair", quantity)]).await;
        placed.push(order.expect(201).json());
    }
    let all = buyer.get("/api/orders").await.expect(200);
    assert_eq!(all.json(), json!({ "orders": placed }));
    placed.reverse();
    for limit in [1, 3, 7, 100] {
        let paged = buyer.read_pages("/api/orders?", "orders", limit).await;
        assert_eq!(paged, placed, "{limit}");
    }
}

#[tokio::test]
async fn given_large_orders_when_all_are_listed_then_each_read_has_less_than_a_megabyte() {
    let service = start().await;
    let price: Decimal128 = "0.01".parse().expect("a number");
    let line = doc! {
        "id": ObjectId::new(), "name": "𝓍".repeat(100), "price": price, "quantity": 1_i64,
    };
    let order = doc! {
        "client_email": "buyer@example.com", "status": "ACCEPTED", "cost": price,
        "products": vec![line; 100], "created_at": DateTime::now(),
    };
    let orders = service.collection("orders");
    let placed = vec![order; 45];
    orders.insert_many(placed).await.expect("inserts");
    let profile = service.profile().await;
    let all = buyer(&service).get("/api/orders").await.expect(200).json();
    assert_eq!(all["orders"].as_array().map(Vec::len), Some(45));
    let largest = profile.largest_response("orders").await;
    assert!((100_000..1_000_000).contains(&largest), "{largest}");
}

#[tokio::test]
async fn given_an_invalid_limit_or_cursor_when_requested_then_422() {
    let service = start().await;
    let buyer = buyer(&service);
    buyer.expect_page_errors("/api/orders").await;
    // The position of an order, but not sealed by the service.
    let forged = "/api/orders?cursor=AAABjMJR9AAHBwcHBwcHBwcHBwc";
    buyer.get(forged).await.expect_field_error("cursor");
}

#[tokio::test]
async fn given_seed_orders_when_read_then_each_buyer_sees_only_their_own() {
    let service = start().await;
    let seeded = json!({
        "aaa@aaa.com": [{
            "id": "71fefe4a1cad4140785928a4", "status": "ACCEPTED", "cost": 83.94,
            "created_at": "2025-01-01T00:00:00.000Z", "decided_at": "2025-01-01T00:00:00.000Z",
            "products": [
                { "name": "cutlery", "price": 5.99, "quantity": 4 },
                { "name": "chair", "price": 29.99, "quantity": 2 },
            ],
        }],
        "bbb@bbb.com": [{
            "id": "72fefe4a1cad4140785928a4", "status": "ACCEPTED", "cost": 1299.99,
            "created_at": "2025-01-01T00:01:00.000Z", "decided_at": "2025-01-01T00:01:00.000Z",
            "products": [{ "name": "laptop", "price": 1299.99, "quantity": 1 }],
        }],
        "ccc@ccc.com": [{
            "id": "73fefe4a1cad4140785928a4", "status": "REJECTED", "cost": 699.93,
            "created_at": "2025-01-01T00:02:00.000Z", "decided_at": "2025-01-01T00:02:00.000Z",
            "products": [{ "name": "headphones", "price": 99.99, "quantity": 7 }],
            "reason": { "code": "insufficient_stock", "products": ["headphones"] },
        }],
        "new@test.example": [],
    });
    for (email, orders) in seeded.as_object().expect("buyers") {
        let buyer = service.client_of(email, "user");
        let listed = buyer.get("/api/orders").await.expect(200);
        assert_eq!(listed.json(), json!({ "orders": orders }));
        for order in orders.as_array().expect("a list") {
            let path = format!("/api/orders/{}", order["id"].as_str().expect("an id"));
            assert_eq!(buyer.get(&path).await.expect(200).json(), *order);
        }
    }
}

#[tokio::test]
async fn given_a_status_of_a_later_release_when_read_then_it_is_passed_on_and_the_list_is_complete()
{
    let service = start().await;
    let buyer = buyer(&service);
    for _ in 0..2 {
        place(&buyer, &[("chair", 1)]).await.expect(201);
    }
    let cancelled = doc! { "$set": { "status": "CANCELLED", "cancellation": { "by": "buyer" } } };
    let orders = service.collection("orders");
    let newest = orders.find_one_and_update(doc! { "status": "PENDING" }, cancelled);
    let newest = newest.sort(doc! { "_id": -1 }).await.expect("an update");
    let id = newest
        .expect("an order")
        .get_object_id("_id")
        .expect("an id");
    for path in ["/api/orders", "/api/orders?limit=5"] {
        let orders = buyer.get(path).await.expect(200).json()["orders"].clone();
        let orders = orders.as_array().expect("a list");
        assert_eq!(orders.len(), 2, "{orders:?}");
        let cancelled = orders.iter().find(|order| order["id"] == id.to_hex());
        assert_eq!(cancelled.expect("it is listed")["status"], "CANCELLED");
    }
    let order = buyer.get(&format!("/api/orders/{id}")).await.expect(200);
    assert_eq!(order.string("status"), "CANCELLED");
}

#[tokio::test]
async fn given_another_buyers_order_when_read_then_404_as_if_it_did_not_exist() {
    let service = start().await;
    let owner = buyer(&service);
    let id = place(&owner, &[("cutlery", 1)]).await.string("id");
    owner.get(&format!("/api/orders/{id}")).await.expect(200);
    let read = async |reader: &Client, id: &str| {
        let response = reader.get(&format!("/api/orders/{id}")).await;
        let mut problem = response.expect_problem(404);
        problem["instance"] = json!("[request id]");
        problem
    };
    let unknown = read(&owner, "aaaaaaaaaaaaaaaaaaaaaaaa").await;
    assert_json_snapshot!(unknown, @r#"
    {
      "type": "/problems/unknown-order",
      "title": "Not Found",
      "status": 404,
      "detail": "The requested order does not exist.",
      "instance": "[request id]"
    }
    "#);
    for role in ["user", "admin"] {
        let other = service.client_of("other@example.com", role);
        assert_eq!(read(&other, &id).await, unknown, "{role}");
    }
    for id in ["x", "71", "%24ne", &"z".repeat(24), &"a".repeat(25)] {
        assert_eq!(read(&owner, id).await, unknown, "{id}");
    }
}
