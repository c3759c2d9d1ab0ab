//! kill -9 of MongoDB and of Kafka.

use std::time::{Duration, Instant};

use testkit::{Ledger, SOON, Shop, eventually};

use super::{place, place_until_taken};

#[tokio::test(flavor = "multi_thread")]
async fn given_orders_under_way_when_mongodb_is_killed_then_none_that_was_acknowledged_is_lost() {
    let shop = Shop::builder().own_stores().start().await;
    let mut ledger = Ledger::default();
    for _ in 0..2 {
        let buyer = shop.user().await;
        let ordering = async {
            let mut ledger = Ledger::default();
            while ledger.unknown < 2 {
                place(&buyer, "cutlery", &mut ledger).await;
            }
            ledger
        };
        let killing = async {
            eventually("orders are under way", SOON, async || {
                let told = shop.messages("orders").await.len();
                if told > 5 {
                    Ok(())
                } else {
                    Err(format!("{told} told"))
                }
            })
            .await;
            shop.stores().kill_mongod().await;
        };
        let (done, ()) = futures::join!(ordering, killing);
        ledger.acknowledged.extend(done.acknowledged);
        ledger.unknown += done.unknown;
        shop.stores().restart_mongod().await;
        place_until_taken(&shop, "chair", &mut ledger).await;
    }
    shop.judge(&ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn given_kafka_was_away_for_long_when_products_started_meanwhile_then_the_backlog_drains_all_the_same()
 {
    let shop = Shop::builder().own_stores().start().await;
    let buyer = shop.user().await;
    shop.stores().kill_kafka().await;
    shop.kill("products");
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(shop.place(&buyer, "cutlery", 1).await);
    }
    shop.spawn_again("products", &[]);
    shop.stores().restart_kafka().await;
    shop.wait_ready("products").await;
    for id in &ids {
        assert_eq!(shop.decided(&buyer, id).await["status"], "ACCEPTED");
    }
    shop.judge(&Ledger::of(ids)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn given_mongodb_hangs_when_called_then_503_in_time_and_nothing_acknowledged_is_lost() {
    let shop = Shop::builder().own_stores().start().await;
    let buyer = shop.user().await;
    let mut ledger = Ledger::default();
    place(&buyer, "cutlery", &mut ledger).await;
    shop.stores().pause_mongod().await;
    let started = Instant::now();
    place(&buyer, "cutlery", &mut ledger).await;
    let waited = started.elapsed();
    shop.stores().resume_mongod().await;
    assert_eq!(ledger.unknown, 1);
    assert!(
        waited < Duration::from_secs(15),
        "the caller waited {waited:?}"
    );
    place_until_taken(&shop, "cutlery", &mut ledger).await;
    shop.judge(&ledger).await;
}
