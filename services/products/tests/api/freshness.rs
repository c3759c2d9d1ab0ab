//! Reads after a failover: each asks the database for a state that includes what was seen before.

use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, Timestamp, doc};
use serde_json::json;
use testkit::SingleService;

use crate::support::{CHAIR_PATH, admin, start};

/// The time that the last read of `collection` asked for, by the clock of the database.
async fn required_time(service: &SingleService, collection: &str) -> Option<Timestamp> {
    let republishing = doc! { "command.find": "products", "command.sort": { "_id": 1 } };
    let reads = doc! { "command.find": collection, "$nor": [republishing] };
    let profile = service.collection("system.profile");
    let read: Option<Document> = profile
        .find_one(reads)
        .sort(doc! { "ts": -1 })
        .await
        .expect("a read");
    let command = read
        .expect("a read")
        .get_document("command")
        .expect("a command")
        .clone();
    let concern = command.get_document("readConcern").expect("a read concern");
    concern.get_timestamp("afterClusterTime").ok()
}

#[tokio::test]
async fn given_a_change_when_the_catalogue_is_read_then_the_state_includes_it() {
    let service = start().await;
    let (admin, client) = (admin(&service), &service.client);
    let _profile = service.profile().await;
    let mut newest = None;
    for round in 0..3 {
        let restock = json!({ "add_quantity": 1 });
        let changed = admin.patch(CHAIR_PATH, &restock).await.expect(200);
        for path in [CHAIR_PATH, "/api/products?limit=2"] {
            let read = client.get(path).await.expect(200).json();
            let chair = read["products"].as_array().expect("a list").last();
            assert_eq!(chair, Some(&changed.json()), "{path} in round {round}");
            let required = required_time(&service, "products").await;
            assert!(
                required.is_some() && required >= newest,
                "{required:?} {newest:?}"
            );
            newest = required;
        }
        client.get("/api/products").await.expect(200);
        for path in ["/api/categories", "/api/products?categoryName=kitchen"] {
            client.get(path).await.expect(200);
            let required = required_time(&service, "categories").await;
            assert!(
                required.is_some() && required >= newest,
                "{path} {required:?} {newest:?}"
            );
        }
    }
}

#[tokio::test]
async fn given_changes_and_reads_when_complete_lists_are_requested_at_the_same_time_then_all_get_them()
 {
    let service = start().await;
    let (admin, client) = (admin(&service), &service.client);
    let restock = json!({ "add_quantity": 1 });
    let lists = async {
        for _ in 0..100 {
            client.get("/api/products").await.expect(200);
        }
    };
    let others = async {
        loop {
            tokio::join!(
                admin.patch(CHAIR_PATH, &restock),
                client.get(CHAIR_PATH),
                client.get("/api/products?limit=2"),
            );
        }
    };
    tokio::select! {
        () = lists => {}
        () = others => {}
    }
}

#[tokio::test]
async fn given_a_category_that_the_database_does_not_have_yet_when_its_product_is_read_then_503() {
    let service = start().await;
    let missing = doc! { "$push": { "categories": ObjectId::new() } };
    let products = service.collection("products");
    let updated = products.update_one(doc! { "name": "chair" }, missing).await;
    updated.expect("an update");
    for path in [CHAIR_PATH, "/api/products?limit=4", "/api/products"] {
        service.client.get(path).await.expect(503);
    }
}
