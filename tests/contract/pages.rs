//! Pages: a walk gives each item exactly once.

use serde_json::json;
use testkit::{Client, Shop};

/// Walks over all pages; gives the text of `field` of each item.
async fn walk(client: &Client, path: &str, list: &str, field: &str, limit: usize) -> Vec<String> {
    let mut found = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let more = cursor
            .map(|cursor| format!("&cursor={cursor}"))
            .unwrap_or_default();
        let page = client
            .get(&format!("{path}limit={limit}{more}"))
            .await
            .expect(200)
            .json();
        let items = page[list].as_array().expect("a list");
        assert!(items.len() <= limit);
        found.extend(
            items
                .iter()
                .map(|item| item[field].as_str().expect("text").to_owned()),
        );
        match &page["next_cursor"] {
            serde_json::Value::Null => return found,
            next => cursor = Some(next.as_str().expect("an opaque string").to_owned()),
        }
        assert_eq!(items.len(), limit, "only the last page may be short");
    }
}

#[tokio::test]
async fn given_products_when_walked_by_pages_then_each_comes_once_in_the_order_of_creation() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    for index in 0..9 {
        let product = json!({ "product": { "name": format!("thing {index}"), "description": "One of many", "price": 1, "quantity": 1, "categories": ["kitchen"] } });
        let _ = admin.post("/api/products", &product).await.expect(201);
    }
    let all = shop.visitor().get("/api/products").await.json();
    assert!(
        all.get("next_cursor").is_none(),
        "the whole list is as always"
    );
    let all: Vec<_> = all["products"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|p| p["name"].as_str().expect("text").to_owned())
        .collect();
    assert_eq!(all.len(), 13);
    for limit in [1, 4, 13, 100] {
        assert_eq!(
            walk(&shop.visitor(), "/api/products?", "products", "name", limit).await,
            all,
            "{limit}"
        );
    }
    let kitchen = walk(
        &shop.visitor(),
        "/api/products?categoryName=kitchen&",
        "products",
        "name",
        3,
    )
    .await;
    assert_eq!(kitchen.len(), 11);
    let many = walk(
        &shop.visitor(),
        "/api/products?q=many&",
        "products",
        "name",
        2,
    )
    .await;
    assert_eq!(many.len(), 9);
}

#[tokio::test]
async fn given_items_that_come_and_change_during_a_walk_when_walked_then_those_that_were_there_come_once()
 {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    let first = shop
        .visitor()
        .get("/api/products?limit=2")
        .await
        .expect(200)
        .json();
    let cursor = first["next_cursor"].as_str().expect("more");
    let _ = admin
        .patch("/api/products?name=cutlery", &json!({ "add_quantity": 1 }))
        .await
        .expect(200);
    let product = json!({ "product": { "name": "a", "description": "First by name", "price": 1, "quantity": 1, "categories": ["kitchen"] } });
    let _ = admin.post("/api/products", &product).await.expect(201);
    let rest = shop
        .visitor()
        .get(&format!("/api/products?cursor={cursor}"))
        .await
        .expect(200)
        .json();
    let names: Vec<_> = rest["products"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|p| &p["name"])
        .collect();
    assert_eq!(names, ["laptop", "headphones", "a"]);
    assert_eq!(rest["next_cursor"], json!(null));
}

#[tokio::test]
async fn given_orders_when_walked_by_pages_then_each_comes_once_newest_first() {
    let shop = Shop::start().await;
    let buyer = shop.minted("walker@test.example", "user");
    let mut placed = Vec::new();
    for _ in 0..7 {
        placed.push(shop.place(&buyer, "cutlery", 1).await);
    }
    let all = buyer.get("/api/orders").await.expect(200).json();
    assert!(all.get("next_cursor").is_none());
    let listed: Vec<_> = all["orders"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|o| o["id"].as_str().expect("an id").to_owned())
        .collect();
    assert_eq!(listed, placed, "the whole list is in the order of placing");
    placed.reverse();
    for limit in [1, 3, 7, 100] {
        assert_eq!(
            walk(&buyer, "/api/orders?", "orders", "id", limit).await,
            placed,
            "{limit}"
        );
    }
}

#[tokio::test]
async fn given_a_limit_or_cursor_that_is_none_when_asked_then_422() {
    let shop = Shop::start().await;
    let user = shop.user().await;
    for path in ["/api/products", "/api/orders"] {
        for limit in ["0", "-1", "101", "1.5", "x", "", "99999999999999999999"] {
            user.get(&format!("{path}?limit={limit}"))
                .await
                .names("limit");
        }
        for cursor in [
            "x",
            "%00",
            "AAAA",
            "%7B%22%24ne%22%3A1%7D",
            &"A".repeat(2_000),
        ] {
            user.get(&format!("{path}?limit=2&cursor={cursor}"))
                .await
                .names("cursor");
        }
    }
}
