//! MongoDB and Kafka are killed or hang.

use std::time::{Duration, Instant};

use testkit::{Expectations, Shop, eventually};

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
async fn given_kafka_is_down_when_products_starts_then_the_backlog_is_decided_after_kafka_restarts()
{
    let shop = Shop::builder().dedicated_servers().start().await;
    let buyer = shop.user().await;
    shop.servers().kill_kafka().await;
    shop.kill("products");
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(shop.place_order(&buyer, "cutlery", 1).await);
    }
    shop.restart_without_waiting("products", &[]);
    shop.servers().restart_kafka().await;
    shop.wait_ready("products").await;
    for id in &ids {
        assert_eq!(shop.wait_decided(&buyer, id).await["status"], "ACCEPTED");
    }
    shop.check_invariants(&Expectations::new(ids)).await;
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
