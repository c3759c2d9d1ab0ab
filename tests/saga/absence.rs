//! Consumers that were away.

use testkit::{Ledger, SOON, Shop, eventually};

use super::all_read;

#[tokio::test]
async fn given_products_was_down_when_it_returns_then_what_was_ordered_is_decided() {
    let shop = Shop::start().await;
    let buyer = shop.user().await;
    shop.kill("products");
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(shop.place(&buyer, "chair", 7).await);
    }
    shop.start_again("products").await;
    let mut accepted = 0;
    for id in &ids {
        accepted += i32::from(shop.decided(&buyer, id).await["status"] == "ACCEPTED");
    }
    assert_eq!(accepted, 4, "of 30 chairs, four times seven");
    shop.judge(&Ledger::of(ids)).await;
}

#[tokio::test]
async fn given_orders_was_down_when_it_returns_then_it_hears_what_was_decided() {
    let shop = Shop::start().await;
    let buyer = shop.user().await;
    assert!(shop.stop("products").await.success());
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(shop.place(&buyer, "chair", 1).await);
    }
    eventually("the orders are on the topic", SOON, async || {
        let told = shop.messages("orders").await.len();
        if told >= 3 {
            Ok(())
        } else {
            Err(format!("{told} are"))
        }
    })
    .await;
    shop.kill("orders");
    shop.start_again("products").await;
    let decisions = shop
        .store("products")
        .collection::<bson::Document>("orders");
    eventually("products decides", SOON, async || {
        let decided = decisions
            .count_documents(bson::doc! {})
            .await
            .map_err(|error| error.to_string())?;
        if decided == 6 {
            Ok(())
        } else {
            Err(format!("{decided} with the seeded ones"))
        }
    })
    .await;
    shop.start_again("orders").await;
    all_read(&shop).await;
    shop.judge(&Ledger::of(ids)).await;
}
