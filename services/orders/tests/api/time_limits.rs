//! The database stops working on an operation when its caller stops waiting.

use serde_json::Value;
use testkit::{Servers, SingleService, TIMEOUT, eventually_status};

use crate::proxy::Proxy;
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

#[tokio::test]
async fn given_all_writes_of_orders_when_the_database_is_profiled_then_inserts_have_a_time_limit() {
    let service = start_with(&[("SEED_DATA", "true")]).await;
    let profile = service.profile().await;
    call_everything(&service).await;
    let mut inserts = profile.operations("orders").await;
    inserts.retain(|operation| operation.get_str("op").is_ok_and(|op| op == "insert"));
    assert!(!inserts.is_empty(), "nothing is recorded");
    for insert in inserts {
        let command = insert.get_document("command").expect("a command");
        assert!(command.contains_key("maxTimeMS"), "{insert}");
    }
}

#[tokio::test]
async fn given_a_connection_that_loses_an_insert_when_more_orders_are_placed_then_they_do_not_hang()
{
    let servers = tokio::task::spawn_blocking(Servers::shared).await;
    let servers = servers.expect("the servers start");
    let insert_of_orders = b"insert\0\x07\0\0\0orders\0";
    let (proxy, uri) = Proxy::start(&servers.mongodb_uri, insert_of_orders).await;
    let settings = [
        ("SEED_DATA", "true"),
        ("MONGODB_URI", &uri),
        ("MONGODB_TIMEOUT", "1s"),
    ];
    let service = start_with(&settings).await;
    let buyer = buyer(&service);
    place(&buyer, &[("cutlery", 1)]).await.expect(201);
    let before = proxy.seen();
    proxy.lose_next();
    place(&buyer, &[("cutlery", 1)]).await.expect_problem(503);
    eventually_status("orders are placed again", 201, async || {
        place(&buyer, &[("cutlery", 1)]).await
    })
    .await;
    assert!(proxy.seen() > before + 1);
}
