//! Consumers that were away.

use testkit::{Ledger, SOON, Shop, eventually};

use super::{all_read, sell};

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

#[tokio::test]
async fn given_orders_copy_lost_the_products_when_products_starts_then_it_is_told_of_all_again() {
    let shop = Shop::start().await;
    let buyer = shop.user().await;
    shop.store("orders")
        .collection::<bson::Document>("products")
        .delete_many(bson::doc! {})
        .await
        .expect("the copy is emptied");
    let chair = testkit::order(&[("chair", 1)]);
    buyer
        .post("/api/orders", &chair)
        .await
        .says(404, "The requested product does not exist.");
    assert!(shop.stop("products").await.success());
    shop.start_again("products").await;
    let placed = eventually("a chair can be ordered", SOON, async || {
        let answer = buyer.post("/api/orders", &chair).await;
        if answer.status == 201 {
            Ok(answer.json())
        } else {
            Err(answer.to_string())
        }
    })
    .await;
    let id = placed["id"].as_str().expect("an id").to_owned();
    shop.decided(&buyer, &id).await;
    shop.judge(&Ledger::of(vec![id])).await;
}

#[tokio::test]
async fn given_a_message_in_the_outbox_of_a_clock_that_is_ahead_when_its_sender_is_gone_then_it_is_sent()
 {
    let shop = Shop::start().await;
    let ids = sell(&shop, "cutlery", 1).await;
    let told = shop.messages("order-status").await.remove(0);
    let header = |name| told.header(name).expect("every message has it").to_owned();
    let message = bson::doc! {
        "topic": shop.topic("order-status"),
        "key": &told.key,
        "id": header("ce_id"),
        "kind": header("ce_type"),
        "source": header("ce_source"),
        "time": header("ce_time"),
        "traceparent": null,
        "payload": String::from_utf8(told.payload.clone()).expect("JSON is text"),
    };
    let ahead = bson::DateTime::from_millis(bson::DateTime::now().timestamp_millis() + 3_600_000);
    let outbox = shop.store("products").collection("outbox");
    let stranded = bson::doc! { "created_at": ahead, "messages": [message] };
    outbox.insert_one(stranded).await.expect("it is stored");
    eventually("it is sent and deleted", SOON, async || {
        let left = outbox.count_documents(bson::doc! {}).await;
        match left.map_err(|error| error.to_string())? {
            0 => Ok(()),
            left => Err(format!("{left} in the outbox")),
        }
    })
    .await;
    assert_eq!(shop.messages("order-status").await.len(), 2);
    shop.judge(&Ledger::of(ids)).await;
}
