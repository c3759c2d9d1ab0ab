//! Whatever comes again changes nothing.

use serde_json::{Value, json};
use testkit::{Ledger, Raw, Shop};

use super::{all_read, sell, state};

#[tokio::test]
async fn given_every_event_when_sent_twice_more_in_reverse_order_then_nothing_changes() {
    let shop = Shop::start().await;
    shop.stock("vase", 10.0, 3).await;
    let mut ids = sell(&shop, "vase", 2).await;
    ids.extend(sell(&shop, "cutlery", 3).await);
    shop.judge(&Ledger::of(ids.clone())).await;
    let before = state(&shop).await;
    for topic in ["order-status", "products", "orders"] {
        let messages = shop.messages(topic).await;
        let again: Vec<Raw> = messages
            .iter()
            .chain(&messages)
            .rev()
            .map(testkit::Record::again)
            .collect();
        shop.produce(topic, &again).await;
    }
    all_read(&shop).await;
    assert_eq!(state(&shop).await, before);
    shop.judge(&Ledger::of(ids)).await;
}

#[tokio::test]
async fn given_all_topics_when_read_again_from_the_beginning_then_nothing_changes() {
    let shop = Shop::start().await;
    let mut ids = sell(&shop, "cutlery", 5).await;
    let before = state(&shop).await;
    for service in ["products", "orders"] {
        assert!(shop.stop(service).await.success());
        shop.rewind(service).await;
        shop.start_again(service).await;
    }
    all_read(&shop).await;
    testkit::eventually("the gateway reaches them", testkit::SOON, async || {
        let answer = shop.user().await.get("/api/orders").await;
        if answer.status == 200 {
            Ok(())
        } else {
            Err(answer.to_string())
        }
    })
    .await;
    assert_eq!(state(&shop).await, before);
    ids.extend(sell(&shop, "cutlery", 1).await);
    shop.judge(&Ledger::of(ids)).await;
}

#[tokio::test]
async fn given_a_decision_when_another_is_told_then_the_first_stays() {
    let shop = Shop::start().await;
    let ids = sell(&shop, "cutlery", 1).await;
    let status = shop.messages("order-status").await;
    let told = status.iter().find(|message| {
        message
            .payload
            .windows(24)
            .any(|text| text == ids[0].as_bytes())
    });
    let mut lie = told.expect("the decision was told").again();
    let mut event: Value = serde_json::from_slice(&lie.payload).expect("JSON");
    event["status"] = json!("REJECTED");
    lie.payload = event.to_string().into_bytes();
    shop.produce("order-status", &[lie]).await;
    all_read(&shop).await;
    shop.judge(&Ledger::of(ids)).await;
}

#[tokio::test]
async fn given_a_decided_order_when_it_comes_with_other_lines_then_the_stock_does_not_move() {
    let shop = Shop::start().await;
    let ids = sell(&shop, "cutlery", 1).await;
    let mut lie = shop.messages("orders").await[0].again();
    let mut event: Value = serde_json::from_slice(&lie.payload).expect("JSON");
    event["order"]["products"][0]["quantity"] = json!(50);
    lie.payload = event.to_string().into_bytes();
    shop.produce("orders", &[lie]).await;
    all_read(&shop).await;
    assert_eq!(shop.quantity("cutlery").await, 199);
    shop.judge(&Ledger::of(ids)).await;
}

#[tokio::test]
async fn given_an_older_version_of_a_product_when_it_comes_late_then_the_copy_stays_as_it_is() {
    let shop = Shop::start().await;
    let ids = sell(&shop, "cutlery", 3).await;
    let changes = shop.messages("products").await;
    let is_change =
        |message: &&testkit::Record| message.header("ce_type") == Some("ProductsQuantityUpdate");
    let oldest = changes
        .iter()
        .find(is_change)
        .expect("a change was told")
        .again();
    shop.produce("products", &[oldest]).await;
    all_read(&shop).await;
    shop.judge(&Ledger::of(ids)).await;
}
