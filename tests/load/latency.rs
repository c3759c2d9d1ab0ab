//! Latencies that the shop guarantees.

use std::time::{Duration, Instant};

use testkit::{Expectations, RawMessage, Shop, eventually_within, order, product};

use crate::reserve_machine;

/// Maximum time from placing an order to its decision, and from Kafka's restart to the decision of
/// the backlog.
const MAX_DECISION_TIME: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn given_kafka_is_killed_when_orders_are_placed_then_they_are_decided_after_its_restart() {
    let _machine = reserve_machine().await;
    let shop = Shop::builder().dedicated_servers().start().await;
    let buyer = shop.user().await;
    let mut ids = vec![shop.place_order(&buyer, "cutlery", 1).await];
    shop.servers().kill_kafka().await;
    for _ in 0..20 {
        let start = Instant::now();
        ids.push(shop.place_order(&buyer, "cutlery", 1).await);
        assert!(
            start.elapsed() < Duration::from_secs(3),
            "placing an order waited for Kafka"
        );
    }
    shop.servers().restart_kafka().await;
    shop.wait_all_decided(MAX_DECISION_TIME).await;
    shop.check_invariants(&Expectations::new(ids)).await;
}

#[tokio::test]
async fn given_orders_when_placed_one_after_the_other_then_each_is_decided_within_five_seconds() {
    let _machine = reserve_machine().await;
    let shop = Shop::start().await;
    let buyer = shop.user().await;
    for _ in 0..50 {
        let start = Instant::now();
        let id = shop.place_order(&buyer, "cutlery", 1).await;
        shop.wait_decided(&buyer, &id).await;
        let elapsed = start.elapsed();
        assert!(elapsed < MAX_DECISION_TIME, "decided after {elapsed:?}");
    }
}

#[tokio::test]
async fn given_a_new_product_when_ordered_then_it_is_available_within_a_second() {
    let _machine = reserve_machine().await;
    let shop = Shop::start().await;
    let (admin, buyer) = (shop.admin().await, shop.user().await);
    // After a decided order all consumers have joined their groups.
    let id = shop.place_order(&buyer, "cutlery", 1).await;
    shop.wait_decided(&buyer, &id).await;
    for name in ["first", "second", "third"] {
        let product = product(name, 1.0, 1);
        admin.post("/api/products", &product).await.expect(201);
        let timeout = Duration::from_secs(1);
        eventually_within(timeout, "the product can be ordered", async || {
            let response = buyer.post("/api/orders", &order(&[(name, 1)])).await;
            match response.status {
                201 => Ok(()),
                _ => Err(response.to_string()),
            }
        })
        .await;
    }
}

#[tokio::test]
async fn given_many_poison_messages_when_an_order_is_behind_them_then_it_is_decided_within_five_seconds()
 {
    const POISON: usize = 1000;
    let _machine = reserve_machine().await;
    let shop = Shop::builder()
        .env("products", "KAFKA_SESSION_TIMEOUT", "30s")
        .env("products", "KAFKA_PARTITIONS", "1")
        .env("orders", "KAFKA_PARTITIONS", "1")
        .start()
        .await;
    let buyer = shop.user().await;
    shop.pause("products");
    shop.produce("orders", &vec![RawMessage::new(b"{"); POISON])
        .await;
    let id = shop.place_order(&buyer, "cutlery", 1).await;
    shop.resume("products");
    let start = Instant::now();
    shop.wait_decided(&buyer, &id).await;
    let elapsed = start.elapsed();
    assert!(elapsed < MAX_DECISION_TIME, "decided after {elapsed:?}");
    shop.check_invariants(&Expectations::new(vec![id]).with_poison(POISON))
        .await;
}
