//! Pagination: paging through orders returns each exactly once.

use serde_json::Value;
use testkit::{Client, Shop};

/// Reads all pages of the caller's orders.
async fn read_pages(client: &Client, limit: usize) -> Vec<Value> {
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/api/orders?limit={limit}{cursor}");
        let page = client.get(&path).await.expect(200).json();
        let items = page["orders"].as_array().expect("a list");
        assert!(items.len() <= limit);
        let next = page.get("next_cursor").expect("each page has it");
        assert!(
            next.is_null() || items.len() == limit,
            "only the last page may be short"
        );
        found.extend_from_slice(items);
        let Some(next) = next.as_str() else {
            return found;
        };
        cursor = format!("&cursor={next}");
    }
}

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
        let paged = read_pages(&buyer, limit).await;
        assert_eq!(ids(&paged), placed, "{limit}");
    }
}

#[tokio::test]
async fn given_an_invalid_limit_or_cursor_when_requested_then_422() {
    let shop = Shop::start().await;
    let client = shop.user().await;
    for limit in ["0", "-1", "101", "1.5", "x", "", "99999999999999999999"] {
        let response = client.get(&format!("/api/orders?limit={limit}")).await;
        response.expect_field_error("limit");
    }
    for cursor in [
        "x",
        "%00",
        "AAAA",
        "%7B%22%24ne%22%3A1%7D",
        &"A".repeat(2_000),
    ] {
        let path = format!("/api/orders?limit=2&cursor={cursor}");
        client.get(&path).await.expect_field_error("cursor");
    }
}
