//! The database stops working on an operation when its caller stops waiting.

use serde_json::json;
use testkit::product;

use crate::support::{CHAIR_PATH, admin, start};

#[tokio::test]
async fn given_all_calls_when_the_database_is_profiled_then_each_operation_has_a_time_limit() {
    let service = start().await;
    let (admin, client) = (admin(&service), &service.client);
    let profile = service.profile().await;
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
    assert_eq!(profile.commands_without_time_limit().await, []);
}
