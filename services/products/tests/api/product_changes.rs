//! Changing a product, `PATCH /api/products`.

use insta::assert_json_snapshot;
use mongodb::bson::doc;
use serde_json::{Value, json};

use crate::support::{CHAIR_PATH, admin, start};

#[tokio::test]
async fn given_a_change_when_made_then_200_with_the_product_and_nothing_else_is_changed() {
    let service = start().await;
    let admin = admin(&service);
    let change = async |path: &str, change| admin.patch(path, &change).await.expect(200).json();
    let product = change(CHAIR_PATH, json!({ "price": 31.5 })).await;
    assert_json_snapshot!(product, @r#"
    {
      "name": "chair",
      "description": "A comfortable armchair",
      "price": 31.5,
      "quantity": 30,
      "categories": [
        "furniture",
        "kitchen"
      ]
    }
    "#);
    let two_fields = json!({ "description": " Soft ", "categories": ["kitchen"] });
    let product = change("/api/products?name=CHAIR", two_fields).await;
    assert_eq!(product["description"], "Soft");
    assert_eq!(product["categories"], json!(["kitchen"]));
    let price_and_stock = json!({ "price": 32.5, "add_quantity": 12.0 });
    let product = change(CHAIR_PATH, price_and_stock).await;
    assert_eq!(product["price"], 32.5);
    assert_eq!(product["quantity"], 42);
    let event = service
        .event("products", |event| event["products"][0]["quantity"] == 42)
        .await;
    assert_json_snapshot!(event, @r#"
    {
      "type": "ProductsQuantityUpdate",
      "products": [
        {
          "id": "11fefe4a1cad4140785928a4",
          "name": "chair",
          "price": 32.5,
          "quantity": 42,
          "version": 4
        }
      ]
    }
    "#);
    let product = change(CHAIR_PATH, json!({ "add_quantity": -42 })).await;
    assert_eq!(product["quantity"], 0);
    let read = service.client.get(CHAIR_PATH).await.json();
    assert_eq!(read["products"][0], product);
}

#[tokio::test]
async fn given_an_invalid_change_when_made_then_it_is_rejected_with_its_error_message() {
    let service = start().await;
    let admin = admin(&service);
    for (change, status, detail) in [
        (json!({}), 400, "Nothing to change."),
        (json!({ "unknown": 1 }), 400, "Nothing to change."),
        (
            json!({ "add_quantity": -31 }),
            400,
            "The stock cannot go below zero.",
        ),
        (
            json!({ "categories": ["unknown"] }),
            404,
            "The requested category does not exist.",
        ),
    ] {
        let response = admin.patch(CHAIR_PATH, &change).await;
        response.expect_detail(status, detail);
    }
    for change in [
        json!({ "add_quantity": 2_147_483_647 }),
        json!({ "price": 1.999 }),
        json!({ "price": 0 }),
        json!({ "description": "" }),
        json!({ "categories": [] }),
    ] {
        admin.patch(CHAIR_PATH, &change).await.expect_problem(400);
    }
    let price = json!({ "price": 1 });
    let unknown = admin.patch("/api/products?name=nothing", &price).await;
    unknown.expect_detail(404, "The requested product does not exist.");
    let without_name = admin.patch("/api/products", &price).await;
    without_name.expect_field_error("name");
    let chair = &service.client.get(CHAIR_PATH).await.json()["products"][0];
    assert_eq!(chair["price"], json!(29.99));
    assert_eq!(chair["quantity"], 30);
}

#[tokio::test]
async fn given_an_abandoned_transaction_when_its_product_is_changed_then_200() {
    let service = start().await;
    let products = service.collection("products");
    let session = products.client().start_session().await;
    let mut abandoned = session.expect("a session");
    abandoned.start_transaction().await.expect("a transaction");
    products
        .update_one(doc! { "name": "chair" }, doc! { "$inc": { "version": 1 } })
        .session(&mut abandoned)
        .await
        .expect("updates");
    let restock = json!({ "add_quantity": 5 });
    let changed = admin(&service).patch(CHAIR_PATH, &restock).await;
    assert_eq!(changed.expect(200).json()["quantity"], 35);
    let filter = doc! { "name": "chair", "quantity": 35, "version": 2 };
    let stored = products.count_documents(filter).await;
    assert_eq!(stored.expect("counts"), 1);
    let restocks = service.collection("restocks");
    let stored = restocks.count_documents(doc! { "delta": 5 }).await;
    assert_eq!(stored.expect("counts"), 1);
    let is_restock = |event: &Value| event["products"][0]["quantity"] == 35;
    let event = service.event("products", is_restock).await;
    assert_eq!(event["products"][0]["version"], 2);
    drop(abandoned);
}
