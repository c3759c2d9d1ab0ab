//! Listing and adding categories.

use serde_json::json;

use crate::support::{admin, start};

#[tokio::test]
async fn given_seed_data_when_categories_are_listed_then_all_three_are_returned() {
    let service = start().await;
    let response = service.client.get("/api/categories").await.expect(200);
    let seeded = json!({ "categories": [{ "name": "electronics" }, { "name": "kitchen" }, { "name": "furniture" }] });
    assert_eq!(response.json(), seeded);
}

#[tokio::test]
async fn given_an_admin_when_a_category_is_added_then_201_and_it_can_be_used() {
    let service = start().await;
    let admin = admin(&service);
    admin
        .post("/api/categories", &json!({ "name": "  Garden " }))
        .await
        .expect(201);
    let listed = service.client.get("/api/categories").await.json();
    assert_eq!(listed["categories"][3], json!({ "name": "garden" }));
    let path = "/api/products?categoryName=GARDEN";
    let empty = service.client.get(path).await.expect(200);
    assert_eq!(empty.json(), json!({ "products": [] }));
    let spade = json!({ "product": { "name": "spade", "description": "Digs", "price": 9.5, "quantity": 3, "categories": ["GARDEN"] } });
    let created = admin.post("/api/products", &spade).await.expect(201);
    assert_eq!(created.json()["categories"], json!(["garden"]));
    admin
        .post("/api/categories", &json!({ "name": "GARDEN" }))
        .await
        .expect_problem(400);
}
