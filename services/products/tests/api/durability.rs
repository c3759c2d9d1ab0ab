//! What was read in a transaction leaves the service only after the majority has it.

use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use mongodb::{Collection, Database};
use serde_json::json;
use testkit::{ReplicaSet, SingleService, eventually, operations, product};

use crate::support::{CHAIR_PATH, admin, start_with};

const ORDER: &str = "79fefe4a1cad4140785928a4";
/// The id of `chair` in the development data.
const CHAIR: &str = "11fefe4a1cad4140785928a4";

async fn start(replica_set: &ReplicaSet) -> SingleService {
    let uri = replica_set.uri();
    start_with(&[
        ("SEED_DATA", "true"),
        ("MONGODB_URI", &uri),
        ("MONGODB_DATABASE", "shop"),
        ("MONGODB_TIMEOUT", "1s"),
    ])
    .await
}

async fn shop(replica_set: &ReplicaSet) -> Database {
    replica_set.primary_client().await.database("shop")
}

#[tokio::test]
async fn given_a_decision_that_is_not_durable_when_its_order_arrives_again_then_it_is_published_only_when_it_is()
 {
    let replica_set = ReplicaSet::start().await;
    let service = start(&replica_set).await;
    let shop = shop(&replica_set).await;
    replica_set.pause_secondaries();
    // As a replica leaves it that is killed while its commit waits for the majority.
    let decided = doc! {
        "_id": ObjectId::parse_str(ORDER).expect("an id"), "status": "ACCEPTED", "reason": null,
        "lines": [], "decided_at": mongodb::bson::DateTime::now(), "stock": [],
    };
    let decisions: Collection<Document> = shop.collection("orders");
    decisions.insert_one(decided).await.expect("it is written");
    let event = json!({ "type": "OrderCreate", "order": {
        "id": ORDER, "client_email": "buyer@example.com", "cost": 29.99, "status": "PENDING",
        "products": [{ "id": CHAIR, "name": "chair", "price": 29.99, "quantity": 1 }],
    }});
    service.produce("orders", &event).await;

    eventually("a commit waits for the majority", async || {
        let published = service.events("order-status").await;
        assert!(published.is_empty(), "published too early: {published:?}");
        let commit = doc! { "command.commitTransaction": { "$exists": true } };
        let waiting = operations(shop.client(), commit).await;
        (!waiting.is_empty())
            .then_some(())
            .ok_or("none waits".to_owned())
    })
    .await;
    assert!(service.events("order-status").await.is_empty());

    replica_set.resume_secondaries();
    let decision = service.event("order-status", |event| event["order_id"] == ORDER);
    assert_eq!(decision.await["status"], "ACCEPTED");
}

#[tokio::test]
async fn given_a_catalogue_that_is_not_durable_when_a_change_is_refused_because_of_it_then_503() {
    let replica_set = ReplicaSet::start().await;
    let service = start(&replica_set).await;
    let admin = admin(&service);
    let products: Collection<Document> = shop(&replica_set).await.collection("products");
    let categories: Collection<Document> = shop(&replica_set).await.collection("categories");
    let name = |name: &str| doc! { "name": name };
    replica_set.pause_secondaries();
    categories
        .insert_one(name("garden"))
        .await
        .expect("it is written");
    let sold_out = doc! { "$set": { "quantity": 0 } };
    products
        .update_one(name("chair"), sold_out)
        .await
        .expect("it is written");
    products
        .delete_one(name("laptop"))
        .await
        .expect("it is written");
    let chair = products.find_one(name("chair")).await;
    let mut lamp = chair.expect("it is read").expect("the chair");
    lamp.extend(doc! { "_id": ObjectId::new(), "name": "lamp" });
    products.insert_one(lamp).await.expect("it is written");

    let less = json!({ "add_quantity": -1 });
    let lamp = product("lamp", 19.99, 5);
    let garden = json!({ "name": "garden" });
    let (rule, unknown, exists, category_exists) = tokio::join!(
        admin.patch(CHAIR_PATH, &less),
        admin.patch("/api/products?name=laptop", &less),
        admin.post("/api/products", &lamp),
        admin.post("/api/categories", &garden),
    );
    for response in [rule, unknown, exists, category_exists] {
        response.expect(503);
    }

    replica_set.resume_secondaries();
    eventually("the refusals are durable", async || {
        let refused = admin.patch(CHAIR_PATH, &less).await;
        (refused.status == 400)
            .then_some(())
            .ok_or(format!("{refused:?}"))
    })
    .await;
    admin
        .patch("/api/products?name=laptop", &less)
        .await
        .expect(404);
    admin.post("/api/products", &lamp).await.expect(400);
    admin.post("/api/categories", &garden).await.expect(400);
}
