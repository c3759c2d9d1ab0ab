//! The audit of what admins change.

use futures::TryStreamExt as _;
use mongodb::bson::{Document, doc};
use serde_json::json;
use testkit::{SingleService, product};

use crate::support::{CHAIR_PATH, admin, start};

/// All records, oldest first, without their ids and times.
async fn records(service: &SingleService) -> Vec<Document> {
    let found = service
        .collection("audit")
        .find(doc! {})
        .sort(doc! { "_id": 1 })
        .await;
    let mut records: Vec<Document> = found
        .expect("reads the audit")
        .try_collect()
        .await
        .expect("reads the audit");
    for record in &mut records {
        assert!(record.remove("at").is_some() && record.remove("_id").is_some());
    }
    records
}

#[tokio::test]
async fn given_changes_of_the_catalogue_when_made_then_the_audit_says_who_changed_what() {
    let service = start().await;
    let admin = admin(&service);
    let category = json!({ "name": "garden" });
    admin.post("/api/categories", &category).await.expect(201);
    let vase = product("Vase", 10.5, 3);
    admin.post("/api/products", &vase).await.expect(201);
    let change = json!({ "price": 31.5, "description": "Soft", "add_quantity": 2 });
    admin.patch(CHAIR_PATH, &change).await.expect(200);
    let who = "admin@example.com";
    let expected = [
        doc! { "admin": who, "action": "create-category", "subject": "garden", "fields": [] },
        doc! { "admin": who, "action": "create-product", "subject": "vase", "version": 1_i64, "fields": [
            { "name": "description" },
            { "name": "price", "after": "10.50" },
            { "name": "quantity", "after": "3" },
            { "name": "categories", "after": "kitchen" },
        ] },
        doc! { "admin": who, "action": "change-product", "subject": "chair", "version": 2_i64, "fields": [
            { "name": "description" },
            { "name": "price", "before": "29.99", "after": "31.50" },
            { "name": "quantity", "before": "30", "after": "32" },
        ] },
    ];
    assert_eq!(records(&service).await, expected);
}

#[tokio::test]
async fn given_refused_and_repeated_changes_when_made_then_the_audit_has_only_what_happened() {
    let service = start().await;
    let admin = admin(&service);
    let chair = product("Chair", 10.5, 3);
    admin.post("/api/products", &chair).await.expect(400);
    let kitchen = json!({ "name": "Kitchen" });
    admin.post("/api/categories", &kitchen).await.expect(400);
    let sold = json!({ "add_quantity": -1_000 });
    admin.patch(CHAIR_PATH, &sold).await.expect(400);
    assert_eq!(records(&service).await, []);
    let with_key = admin.with_header("idempotency-key", "restock-1");
    for _ in 0..2 {
        let restock = json!({ "add_quantity": 5 });
        with_key.patch(CHAIR_PATH, &restock).await.expect(200);
    }
    assert_eq!(records(&service).await.len(), 1);
}
