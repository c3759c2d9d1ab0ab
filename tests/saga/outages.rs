//! Consumers that were down.

use bson::doc;
use testkit::{Expectations, Shop, eventually, eventually_status, order};

use super::{sell, wait_for_consumers, wait_for_messages};

#[tokio::test]
async fn given_products_was_down_when_it_restarts_then_the_pending_orders_are_decided() {
    let shop = Shop::start().await;
    let buyer = shop.user().await;
    shop.kill("products");
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(shop.place_order(&buyer, "chair", 7).await);
    }
    shop.restart("products").await;
    let mut accepted = 0;
    for id in &ids {
        accepted += i32::from(shop.wait_decided(&buyer, id).await["status"] == "ACCEPTED");
    }
    assert_eq!(accepted, 4, "30 chairs are four times seven");
    shop.check_invariants(&Expectations::new(ids)).await;
}

#[tokio::test]
async fn given_orders_was_down_when_it_restarts_then_it_receives_the_decisions() {
    let shop = Shop::start().await;
    let buyer = shop.user().await;
    assert!(shop.stop("products").await.success());
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(shop.place_order(&buyer, "chair", 1).await);
    }
    wait_for_messages(&shop, "orders", 3).await;
    shop.kill("orders");
    shop.restart("products").await;
    let decisions = shop.collection("products", "orders");
    eventually("products decides", async || {
        let decided = decisions.count_documents(doc! {}).await;
        match decided.map_err(|error| error.to_string())? {
            6 => Ok(()),
            decided => Err(format!("{decided} including the development data")),
        }
    })
    .await;
    shop.restart("orders").await;
    wait_for_consumers(&shop).await;
    shop.check_invariants(&Expectations::new(ids)).await;
}

#[tokio::test]
async fn given_orders_lost_its_product_copies_when_products_are_republished_then_they_can_be_ordered()
 {
    let shop = Shop::builder()
        .env("products", "REPUBLISH_INTERVAL", "1s")
        .start()
        .await;
    let buyer = shop.user().await;
    shop.collection("orders", "products")
        .delete_many(doc! {})
        .await
        .expect("deletes");
    let chair = order(&[("chair", 1)]);
    let placed = eventually_status("a chair can be ordered", 201, async || {
        buyer.post("/api/orders", &chair).await
    })
    .await;
    let id = placed.string("id");
    shop.wait_decided(&buyer, &id).await;
    shop.check_invariants(&Expectations::new(vec![id])).await;
}

#[tokio::test]
async fn given_an_outbox_message_dated_in_the_future_when_its_sender_is_gone_then_it_is_published()
{
    let shop = Shop::start().await;
    let ids = sell(&shop, "cutlery", 1).await;
    let published = shop.messages("order-status").await.remove(0);
    let header = |name| published.header(name).expect("a header").to_owned();
    let message = doc! {
        "topic": shop.topic("order-status"),
        "key": &published.key,
        "id": header("ce_id"),
        "kind": header("ce_type"),
        "source": header("ce_source"),
        "time": header("ce_time"),
        "traceparent": null,
        "payload": String::from_utf8(published.payload.clone()).expect("JSON is text"),
    };
    let in_an_hour =
        bson::DateTime::from_millis(bson::DateTime::now().timestamp_millis() + 3_600_000);
    let outbox = shop.collection("products", "outbox");
    let stranded = doc! { "created_at": in_an_hour, "messages": [message] };
    outbox.insert_one(stranded).await.expect("inserts");
    eventually("the message is published and deleted", async || {
        let left = outbox.count_documents(doc! {}).await;
        match left.map_err(|error| error.to_string())? {
            0 => Ok(()),
            left => Err(format!("{left} in the outbox")),
        }
    })
    .await;
    assert_eq!(shop.messages("order-status").await.len(), 2);
    shop.check_invariants(&Expectations::new(ids)).await;
}
