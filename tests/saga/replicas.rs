//! More than one of each, and one of them gone for a while.

use futures::StreamExt as _;
use testkit::{Ledger, SOON, Shop, eventually, order};

/// Places orders of one piece from many buyers and gives the ids of those that were taken.
async fn crowd(shop: &Shop, name: &str, count: usize) -> Vec<String> {
    let place = |index: usize| async move {
        let buyer = shop.minted(&format!("buyer{}@test.example", index % 20), "user");
        let answer = buyer.post("/api/orders", &order(&[(name, 1)])).await;
        assert!(matches!(answer.status, 201 | 404), "{answer}");
        (answer.status == 201).then(|| answer.json()["id"].as_str().expect("an id").to_owned())
    };
    let all: Vec<_> = futures::stream::iter((0..count).map(place))
        .buffer_unordered(16)
        .collect()
        .await;
    all.into_iter().flatten().collect()
}

#[tokio::test]
async fn given_two_replicas_of_everything_when_many_want_few_pieces_then_all_are_sold_and_none_twice()
 {
    let shop = Shop::builder()
        .replicas("products", 2)
        .replicas("orders", 2)
        .replicas("gateway", 2)
        .start()
        .await;
    shop.stock("vase", 10.0, 25).await;
    let ids = crowd(&shop, "vase", 150).await;
    shop.judge(&Ledger::of(ids)).await;
    assert_eq!(shop.quantity("vase").await, 0);
}

#[tokio::test]
async fn given_a_replica_that_was_halted_past_its_session_when_it_goes_on_then_nothing_is_decided_twice()
 {
    let shop = Shop::builder()
        .replicas("products", 2)
        .replicas("orders", 2)
        .start()
        .await;
    shop.pause("products-2");
    shop.pause("orders-2");
    let mut ids = Vec::new();
    let buyer = shop.user().await.at(&shop.url("orders"));
    for _ in 0..20 {
        ids.push(shop.place(&buyer, "cutlery", 1).await);
    }
    let orders = shop.store("orders").collection::<bson::Document>("orders");
    eventually("the others take over", SOON * 2, async || {
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
    shop.resume("products-2");
    shop.resume("orders-2");
    for replica in ["products-2", "orders-2"] {
        shop.wait_ready(replica).await;
    }
    shop.judge(&Ledger::of(ids)).await;
}

#[tokio::test]
async fn given_replicas_that_come_and_go_when_orders_are_placed_then_the_effects_are_the_same() {
    let shop = Shop::builder().replicas("products", 3).start().await;
    let mut ids = crowd(&shop, "cutlery", 30).await;
    shop.kill("products-2");
    assert!(shop.stop("products-3").await.success());
    ids.extend(crowd(&shop, "cutlery", 30).await);
    shop.start_again("products-2").await;
    shop.start_again("products-3").await;
    ids.extend(crowd(&shop, "cutlery", 30).await);
    shop.judge(&Ledger::of(ids)).await;
    assert_eq!(shop.quantity("cutlery").await, 110);
}
