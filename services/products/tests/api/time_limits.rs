//! The database stops working on an operation when its caller stops waiting.

use std::time::Duration;

use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, doc};
use serde_json::json;
use testkit::{SingleService, eventually, product};

use crate::decisions::{ORDER, decide};
use crate::support::{CHAIR_PATH, admin, start_with};

#[tokio::test]
async fn given_all_work_of_the_service_when_the_database_is_profiled_then_each_operation_has_a_time_limit()
 {
    let settings = [("SEED_DATA", "true"), ("ARCHIVE_INTERVAL", "100ms")];
    let service = start_with(&settings).await;
    let profile = service.profile().await;
    call_all(&service).await;
    decide(&service, 1).await;
    archive_the_decision(&service).await;
    assert_eq!(profile.commands_without_time_limit().await, []);
}

async fn call_all(service: &SingleService) {
    let (admin, client) = (admin(service), &service.client);
    for query in [
        "",
        "?name=chair",
        "?categoryName=kitchen&q=chair",
        "?limit=1&sort=name",
        "?limit=1&sort=price",
    ] {
        client
            .get(&format!("/api/products{query}"))
            .await
            .expect(200);
    }
    client.get("/api/categories").await.expect(200);
    let garden = json!({ "name": "garden" });
    admin.post("/api/categories", &garden).await.expect(201);
    let vase = product("Vase", 10.5, 3);
    admin.post("/api/products", &vase).await.expect(201);
    let admin = admin.with_header("idempotency-key", "reprice-1");
    let price = json!({ "price": 31.5 });
    admin.patch(CHAIR_PATH, &price).await.expect(200);
}

/// Makes the decision about [`ORDER`] old, and waits until it is archived.
async fn archive_the_decision(service: &SingleService) {
    const THIRTY_ONE_DAYS: Duration = Duration::from_hours(31 * 24);
    const TIME_LIMIT: Duration = Duration::from_secs(10);
    let decisions = service.collection("orders");
    let by_id = doc! { "_id": ObjectId::parse_str(ORDER).expect("an id") };
    let long_ago = DateTime::from_system_time(DateTime::now().to_system_time() - THIRTY_ONE_DAYS);
    let old = doc! { "$set": { "placed_at": long_ago, "decided_at": long_ago } };
    let updated = decisions.update_one(by_id.clone(), old).await;
    updated.expect("an update");
    eventually("the decision is archived", async || {
        // The profile contains the reads of the test.
        let found = decisions.find_one(by_id.clone()).max_time(TIME_LIMIT);
        match found.await.map_err(|error| error.to_string())? {
            None => Ok(()),
            Some(decision) => Err(decision.to_string()),
        }
    })
    .await;
}
