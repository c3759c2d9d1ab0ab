//! Changing a product, `PATCH /api/products`.

use bson::doc;
use serde_json::json;
use testkit::{Expectations, Shop};

const CHAIR: &str = "/api/products?name=chair";

#[tokio::test]
async fn given_a_change_when_made_then_200_with_the_product_and_nothing_else_is_changed() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    let change = async |path: &str, change| admin.patch(path, &change).await.expect(200).json();
    let product = change(CHAIR, json!({ "price": 31.5 })).await;
    let expected = json!({ "name": "chair", "description": "A comfortable armchair", "price": 31.5, "quantity": 30, "categories": ["furniture", "kitchen"] });
    assert_eq!(product, expected);
    let two_fields = json!({ "description": " Soft ", "categories": ["kitchen"] });
    let product = change("/api/products?name=CHAIR", two_fields).await;
    assert_eq!(product["description"], "Soft");
    assert_eq!(product["categories"], json!(["kitchen"]));
    let product = change(CHAIR, json!({ "add_quantity": 12 })).await;
    assert_eq!(product["quantity"], 42);
    let product = change(CHAIR, json!({ "add_quantity": -42 })).await;
    assert_eq!(product["quantity"], 0);
    let read = shop.anonymous().get(CHAIR).await.json();
    assert_eq!(read["products"][0], product);
    shop.check_invariants(&Expectations::default()).await;
}

#[tokio::test]
async fn given_an_invalid_change_when_made_then_it_is_rejected_with_its_error_message() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
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
        let response = admin.patch(CHAIR, &change).await;
        response.expect_detail(status, detail);
    }
    for change in [
        json!({ "add_quantity": 2_147_483_647 }),
        json!({ "price": 1.999 }),
        json!({ "price": 0 }),
        json!({ "description": "" }),
        json!({ "categories": [] }),
    ] {
        admin.patch(CHAIR, &change).await.expect_problem(400);
    }
    let price = json!({ "price": 1 });
    let unknown = admin.patch("/api/products?name=nothing", &price).await;
    unknown.expect_detail(404, "The requested product does not exist.");
    let without_name = admin.patch("/api/products", &price).await;
    without_name.expect_field_error("name");
    let chair = &shop.anonymous().get(CHAIR).await.json()["products"][0];
    assert_eq!(chair["price"], json!(29.99));
    assert_eq!(chair["quantity"], 30);
}

#[tokio::test]
async fn given_a_key_when_a_restock_is_repeated_then_it_is_applied_once() {
    let shop = Shop::builder().replicas("products", 2).start().await;
    let key = ("idempotency-key", "restock-1");
    let admin = shop.admin().await.with_header(key.0, key.1);
    let body = json!({ "add_quantity": 5 });
    let responses = futures::future::join_all((0..16).map(|_| admin.patch(CHAIR, &body))).await;
    for response in &responses {
        assert_eq!(response.status, 200, "{response}");
        assert_eq!(response.body, responses[0].body);
    }
    assert_eq!(shop.stock("chair").await, 35);
    let different = admin.patch(CHAIR, &json!({ "add_quantity": 6 })).await;
    different.expect_problem(422);
    let other_admin = shop.login("ccc@ccc.com").await.with_header(key.0, key.1);
    other_admin.patch(CHAIR, &body).await.expect(200);
    assert_eq!(shop.stock("chair").await, 40);
    shop.check_invariants(&Expectations::default()).await;
}

#[tokio::test]
async fn given_an_abandoned_transaction_when_its_product_is_changed_then_200() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    let client = shop.database("products").client().clone();
    let mut abandoned = client.start_session().await.expect("a session");
    abandoned.start_transaction().await.expect("a transaction");
    let products = shop.collection("products", "products");
    products
        .update_one(doc! { "name": "chair" }, doc! { "$inc": { "version": 1 } })
        .session(&mut abandoned)
        .await
        .expect("updates");
    let changed = admin.patch(CHAIR, &json!({ "add_quantity": 5 })).await;
    assert_eq!(changed.expect(200).json()["quantity"], 35);
    shop.check_invariants(&Expectations::default()).await;
    drop(abandoned);
}
