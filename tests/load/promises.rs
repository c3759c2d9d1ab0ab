//! What is promised in seconds.

use std::time::{Duration, Instant};

use serde_json::json;
use testkit::{Ledger, Raw, Shop, eventually, order};

use crate::alone;

/// By when an order is decided, also when the broker has just come back.
const PROMISED: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn given_kafka_is_killed_when_orders_are_placed_then_they_are_taken_and_decided_after_its_return()
 {
    let _machine = alone().await;
    let shop = Shop::builder().own_stores().start().await;
    let buyer = shop.user().await;
    let mut ids = vec![shop.place(&buyer, "cutlery", 1).await];
    shop.stores().kill_kafka().await;
    for _ in 0..20 {
        let started = Instant::now();
        ids.push(shop.place(&buyer, "cutlery", 1).await);
        assert!(
            started.elapsed() < Duration::from_secs(3),
            "an order waited for the broker"
        );
    }
    shop.stores().restart_kafka().await;
    let orders = shop.store("orders").collection::<bson::Document>("orders");
    eventually("the backlog is decided", PROMISED, async || {
        let pending = orders
            .count_documents(bson::doc! { "status": "PENDING" })
            .await;
        let pending = pending.map_err(|error| error.to_string())?;
        if pending == 0 {
            Ok(())
        } else {
            Err(format!("{pending} are PENDING"))
        }
    })
    .await;
    shop.judge(&Ledger::of(ids)).await;
}

#[tokio::test]
async fn given_orders_when_placed_one_after_the_other_then_each_is_decided_in_time() {
    let _machine = alone().await;
    let shop = Shop::start().await;
    let buyer = shop.user().await;
    for _ in 0..50 {
        let started = Instant::now();
        let id = shop.place(&buyer, "cutlery", 1).await;
        shop.decided(&buyer, &id).await;
        let took = started.elapsed();
        assert!(took < PROMISED, "an order was decided after {took:?}");
    }
}

#[tokio::test]
async fn given_a_new_product_when_a_second_has_passed_then_it_can_be_ordered() {
    let _machine = alone().await;
    let shop = Shop::start().await;
    let (admin, buyer) = (shop.admin().await, shop.user().await);
    // Once an order has come back decided, the shop has started in all its parts.
    let id = shop.place(&buyer, "cutlery", 1).await;
    shop.decided(&buyer, &id).await;
    for name in ["first", "second", "third"] {
        let product = json!({ "product": {
            "name": name, "description": "New", "price": 1, "quantity": 1, "categories": ["kitchen"],
        }});
        let _ = admin.post("/api/products", &product).await.expect(201);
        eventually("it can be ordered", Duration::from_secs(1), async || {
            let answer = buyer.post("/api/orders", &order(&[(name, 1)])).await;
            if answer.status == 201 {
                Ok(())
            } else {
                Err(answer.to_string())
            }
        })
        .await;
    }
}

#[tokio::test]
async fn given_many_messages_that_cannot_be_read_when_an_order_is_behind_them_then_it_is_decided_in_time()
 {
    const MANY: usize = 1000;
    let _machine = alone().await;
    let shop = Shop::builder()
        .env("products", "KAFKA_SESSION_TIMEOUT", "30s")
        .env("products", "KAFKA_PARTITIONS", "1")
        .env("orders", "KAFKA_PARTITIONS", "1")
        .start()
        .await;
    let buyer = shop.user().await;
    shop.pause("products");
    let poison = Raw {
        payload: b"{".to_vec(),
        ..Raw::default()
    };
    shop.produce("orders", &vec![poison; MANY]).await;
    let id = shop.place(&buyer, "cutlery", 1).await;
    shop.resume("products");
    let resumed = Instant::now();
    shop.decided(&buyer, &id).await;
    let took = resumed.elapsed();
    assert!(took < PROMISED, "an order was decided after {took:?}");
    shop.judge(&Ledger::of(vec![id]).with_poison(MANY)).await;
}
