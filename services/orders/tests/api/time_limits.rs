//! The database stops working on an operation when its caller stops waiting.

use serde_json::Value;
use testkit::{SingleService, TIMEOUT};

use crate::support::{buyer, decide, place, start_with};

async fn call_everything(service: &SingleService) {
    let buyer = buyer(service).with_header("idempotency-key", "basket-1");
    let mut stream = buyer.stream("/api/orders/events", None).await;
    let placed = place(&buyer, &[("cutlery", 1)]).await.expect(201);
    place(&buyer, &[("cutlery", 1)]).await.expect(201);
    let id = placed.string("id");
    decide(service, &id, "ACCEPTED", &Value::Null).await;
    let seen = stream.next(TIMEOUT).await.id;
    drop(buyer.stream("/api/orders/events", Some(&seen)).await);
    let first = buyer.get("/api/orders?limit=1").await.expect(200);
    assert_eq!(first.json()["orders"][0]["id"], id);
    buyer.get("/api/orders").await.expect(200);
    buyer.get(&format!("/api/orders/{id}")).await.expect(200);
}

#[tokio::test]
async fn given_all_calls_when_the_database_is_profiled_then_each_operation_has_a_time_limit() {
    let limits = [
        ("SEED_DATA", "true"),
        ("PENDING_ITEMS_PER_ACCOUNT", "100"),
        ("ORDERS_PER_ACCOUNT_PER_HOUR", "100"),
    ];
    let service = start_with(&limits).await;
    let profile = service.profile().await;
    call_everything(&service).await;
    assert_eq!(profile.commands_without_time_limit().await, []);
}
