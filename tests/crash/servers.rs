//! MongoDB and Kafka are killed or hang.

use std::time::{Duration, Instant};

use testkit::{Expectations, Shop, eventually, order};

use super::{place, place_until_acknowledged};

#[tokio::test(flavor = "multi_thread")]
async fn given_orders_being_placed_when_mongodb_is_killed_then_no_acknowledged_order_is_lost() {
    let shop = Shop::builder().dedicated_servers().start().await;
    let mut expectations = Expectations::default();
    for _ in 0..2 {
        let buyer = shop.user().await;
        let ordering = async {
            let mut expectations = Expectations::default();
            while expectations.unknown < 2 {
                place(&buyer, "cutlery", &mut expectations).await;
            }
            expectations
        };
        let killing = async {
            eventually("orders are being placed", async || {
                match shop.messages("orders").await.len() {
                    published if published > 5 => Ok(()),
                    published => Err(format!("{published} are published")),
                }
            })
            .await;
            shop.servers().kill_mongod().await;
        };
        let (placed, ()) = futures::join!(ordering, killing);
        expectations.acknowledged.extend(placed.acknowledged);
        expectations.unknown += placed.unknown;
        shop.servers().restart_mongod().await;
        place_until_acknowledged(&shop, "chair", &mut expectations).await;
    }
    shop.check_invariants(&expectations).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn given_kafka_is_down_when_services_start_then_orders_are_placed_and_decided_once_it_is_back()
 {
    let shop = Shop::builder().dedicated_servers().start().await;
    let buyer = shop.user().await;
    let services = ["products", "orders"];
    shop.servers().kill_kafka().await;
    for service in services {
        wait_ready_without_broker(&shop, service).await;
        shop.kill(service);
        shop.restart_without_waiting(service, &[]);
    }
    for service in services {
        wait_ready_without_broker(&shop, service).await;
    }
    let buyer_at_orders = buyer.at(&shop.url("orders"));
    let mut ids = Vec::new();
    for _ in 0..5 {
        let cutlery = order(&[("cutlery", 1)]);
        let placed = buyer_at_orders.post("/api/orders", &cutlery).await;
        ids.push(placed.expect(201).string("id"));
    }
    let first = buyer_at_orders
        .get(&format!("/api/orders/{}", ids[0]))
        .await;
    assert_eq!(first.string("status"), "PENDING");
    shop.servers().restart_kafka().await;
    for service in services {
        shop.wait_ready(service).await;
    }
    for id in &ids {
        assert_eq!(shop.wait_decided(&buyer, id).await["status"], "ACCEPTED");
    }
    shop.check_invariants(&Expectations::new(ids)).await;
}

/// Waits until a service is ready and reports that the broker is down.
async fn wait_ready_without_broker(shop: &Shop, service: &str) {
    let direct = shop.direct(service);
    let what = format!("{service} is ready without the broker");
    eventually(&what, async || {
        let response = direct.try_get("/health/ready").await;
        let response = response.map_err(|error| format!("{error:?}"))?;
        match (response.status, &response.json()["parts"]["broker"]) {
            (200, broker) if broker == false => Ok(()),
            _ => Err(response.to_string()),
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn given_mongodb_hangs_when_an_order_is_placed_then_503_within_the_timeout_and_no_order_is_lost()
 {
    let shop = Shop::builder().dedicated_servers().start().await;
    let buyer = shop.user().await;
    let mut expectations = Expectations::default();
    place(&buyer, "cutlery", &mut expectations).await;
    shop.servers().pause_mongod().await;
    let start = Instant::now();
    place(&buyer, "cutlery", &mut expectations).await;
    let elapsed = start.elapsed();
    shop.servers().resume_mongod().await;
    assert_eq!(expectations.unknown, 1);
    assert!(
        elapsed < Duration::from_secs(15),
        "the response took {elapsed:?}"
    );
    place_until_acknowledged(&shop, "cutlery", &mut expectations).await;
    shop.check_invariants(&expectations).await;
}
