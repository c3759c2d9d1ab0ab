//! Pagination: paging through orders returns each exactly once.

use serde_json::Value;
use testkit::Shop;

fn ids(orders: &[Value]) -> Vec<&str> {
    let ids = orders.iter().map(|order| order["id"].as_str());
    ids.map(|id| id.expect("an id")).collect()
}

#[tokio::test]
async fn given_orders_when_paged_through_then_each_is_returned_once_newest_first() {
    let shop = Shop::start().await;
    let buyer = shop.with_signed_token("buyer@test.example", "user");
    let mut placed = Vec::new();
    for _ in 0..7 {
        placed.push(shop.place_order(&buyer, "cutlery", 1).await);
    }
    let all = buyer.get("/api/orders").await.expect(200);
    assert!(all.json().get("next_cursor").is_none());
    let all = all.json();
    let listed = all["orders"].as_array().expect("a list");
    assert_eq!(ids(listed), placed, "a list without limit is oldest first");
    placed.reverse();
    for limit in [1, 3, 7, 100] {
        let paged = buyer.read_pages("/api/orders?", "orders", limit).await;
        assert_eq!(ids(&paged), placed, "{limit}");
    }
}

#[tokio::test]
async fn given_an_invalid_limit_or_cursor_when_requested_then_422() {
    let shop = Shop::start().await;
    let client = shop.user().await;
    client.expect_page_errors("/api/orders").await;
}
