//! PATCH /api/products.

use serde_json::json;
use testkit::{Ledger, Shop};

const PATH: &str = "/api/products?name=chair";

#[tokio::test]
async fn given_a_change_when_made_then_200_with_the_product_and_only_that_is_changed() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    let changed = admin
        .patch(PATH, &json!({ "price": 31.5 }))
        .await
        .expect(200)
        .json();
    let expected = json!({ "name": "chair", "description": "A comfortable armchair", "price": 31.5, "quantity": 30, "categories": ["furniture", "kitchen"] });
    assert_eq!(changed, expected);
    let changed = admin
        .patch(
            "/api/products?name=CHAIR",
            &json!({ "description": " Soft ", "categories": ["kitchen"] }),
        )
        .await;
    let changed = changed.expect(200).json();
    assert_eq!(
        (&changed["description"], &changed["categories"]),
        (&json!("Soft"), &json!(["kitchen"]))
    );
    let added = admin
        .patch(PATH, &json!({ "add_quantity": 12 }))
        .await
        .expect(200)
        .json();
    assert_eq!(added["quantity"], 42);
    let taken = admin
        .patch(PATH, &json!({ "add_quantity": -42 }))
        .await
        .expect(200)
        .json();
    assert_eq!(taken["quantity"], 0);
    assert_eq!(shop.visitor().get(PATH).await.json()["products"][0], taken);
    shop.judge(&Ledger::default()).await;
}

#[tokio::test]
async fn given_a_change_that_breaks_a_rule_when_made_then_it_is_refused_with_its_sentence() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    admin
        .patch(PATH, &json!({}))
        .await
        .says(400, "Nothing to change.");
    admin
        .patch(PATH, &json!({ "unknown": 1 }))
        .await
        .says(400, "Nothing to change.");
    admin
        .patch(PATH, &json!({ "add_quantity": -31 }))
        .await
        .says(400, "The stock cannot go below zero.");
    admin
        .patch(PATH, &json!({ "add_quantity": 2_147_483_647 }))
        .await
        .problem(400);
    admin
        .patch(PATH, &json!({ "price": 1.999 }))
        .await
        .problem(400);
    admin.patch(PATH, &json!({ "price": 0 })).await.problem(400);
    admin
        .patch(PATH, &json!({ "description": "" }))
        .await
        .problem(400);
    admin
        .patch(PATH, &json!({ "categories": [] }))
        .await
        .problem(400);
    let unknown = admin
        .patch(PATH, &json!({ "categories": ["unknown"] }))
        .await;
    unknown.says(404, "The requested category does not exist.");
    let unknown = admin
        .patch("/api/products?name=nothing", &json!({ "price": 1 }))
        .await;
    unknown.says(404, "The requested product does not exist.");
    admin
        .patch("/api/products", &json!({ "price": 1 }))
        .await
        .names("name");
    let chair = shop.visitor().get(PATH).await.json();
    assert_eq!(
        (
            &chair["products"][0]["price"],
            &chair["products"][0]["quantity"]
        ),
        (&json!(29.99), &json!(30))
    );
}

#[tokio::test]
async fn given_a_key_when_a_restock_is_repeated_then_the_stock_grows_once() {
    let shop = Shop::builder().replicas("products", 2).start().await;
    let admin = shop
        .admin()
        .await
        .with_header("idempotency-key", "restock-1");
    let body = json!({ "add_quantity": 5 });
    let answers = futures::future::join_all((0..16).map(|_| admin.patch(PATH, &body))).await;
    for answer in &answers {
        assert_eq!(answer.status, 200, "{answer}");
        assert_eq!(answer.body, answers[0].body);
    }
    assert_eq!(shop.quantity("chair").await, 35);
    admin
        .patch(PATH, &json!({ "add_quantity": 6 }))
        .await
        .problem(422);
    let other = shop
        .login("ccc@ccc.com")
        .await
        .with_header("idempotency-key", "restock-1");
    let _ = other.patch(PATH, &body).await.expect(200);
    assert_eq!(shop.quantity("chair").await, 40);
    shop.judge(&Ledger::default()).await;
}

#[tokio::test]
async fn given_a_transaction_that_a_killed_process_left_when_the_product_is_changed_then_200() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    let database = shop.store("products");
    let mut left = database.client().start_session().await.expect("a session");
    left.start_transaction().await.expect("a transaction");
    let products = database.collection::<bson::Document>("products");
    products
        .update_one(
            bson::doc! { "name": "chair" },
            bson::doc! { "$inc": { "version": 1 } },
        )
        .session(&mut left)
        .await
        .expect("the product is taken");
    let changed = admin.patch(PATH, &json!({ "add_quantity": 5 })).await;
    assert_eq!(changed.expect(200).json()["quantity"], 35);
    shop.judge(&Ledger::default()).await;
    drop(left);
}
