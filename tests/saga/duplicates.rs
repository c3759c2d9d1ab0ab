//! Duplicates and stale events change nothing.

use serde_json::{Value, json};
use testkit::{Expectations, RawMessage, Record, Shop, eventually_status};

use super::{sell, state, wait_for_consumers};

#[tokio::test]
async fn given_all_events_when_sent_twice_more_in_reverse_order_then_nothing_changes() {
    let shop = Shop::start().await;
    shop.add_product("vase", 10.0, 3).await;
    let mut ids = sell(&shop, "vase", 2).await;
    ids.extend(sell(&shop, "cutlery", 3).await);
    let expectations = Expectations::new(ids);
    shop.check_invariants(&expectations).await;
    let before = state(&shop).await;
    for topic in ["order-status", "products", "orders"] {
        let messages = shop.messages(topic).await;
        let twice = messages.iter().chain(&messages).rev();
        let duplicates: Vec<RawMessage> = twice.map(Record::to_raw).collect();
        shop.produce(topic, &duplicates).await;
    }
    wait_for_consumers(&shop).await;
    assert_eq!(state(&shop).await, before);
    shop.check_invariants(&expectations).await;
}

#[tokio::test]
async fn given_all_topics_when_consumed_again_from_the_beginning_then_nothing_changes() {
    let shop = Shop::start().await;
    let mut ids = sell(&shop, "cutlery", 5).await;
    let before = state(&shop).await;
    for service in ["products", "orders"] {
        assert!(shop.stop(service).await.success());
        shop.reset_offsets(service).await;
        shop.restart(service).await;
    }
    wait_for_consumers(&shop).await;
    eventually_status("the gateway reaches the services", 200, async || {
        shop.user().await.get("/api/orders").await
    })
    .await;
    assert_eq!(state(&shop).await, before);
    ids.extend(sell(&shop, "cutlery", 1).await);
    shop.check_invariants(&Expectations::new(ids)).await;
}

/// Copies a message and changes its event.
fn altered(message: &Record, change: impl FnOnce(&mut Value)) -> RawMessage {
    let mut event = message.json();
    change(&mut event);
    RawMessage {
        payload: event.to_string().into_bytes(),
        ..message.to_raw()
    }
}

#[tokio::test]
async fn given_a_decision_when_a_different_one_is_published_then_the_first_is_kept() {
    let shop = Shop::start().await;
    let ids = sell(&shop, "cutlery", 1).await;
    let messages = shop.messages("order-status").await;
    let is_decision = |message: &&Record| {
        let mut texts = message.payload.windows(24);
        texts.any(|text| text == ids[0].as_bytes())
    };
    let decision = messages.iter().find(is_decision).expect("the decision");
    let different = altered(decision, |event| event["status"] = json!("REJECTED"));
    shop.produce("order-status", &[different]).await;
    wait_for_consumers(&shop).await;
    shop.check_invariants(&Expectations::new(ids)).await;
}

#[tokio::test]
async fn given_a_decided_order_when_it_is_published_with_other_lines_then_the_stock_does_not_change()
 {
    let shop = Shop::start().await;
    let ids = sell(&shop, "cutlery", 1).await;
    let different = altered(&shop.messages("orders").await[0], |event| {
        event["order"]["products"][0]["quantity"] = json!(50);
    });
    shop.produce("orders", &[different]).await;
    wait_for_consumers(&shop).await;
    assert_eq!(shop.stock("cutlery").await, 199);
    shop.check_invariants(&Expectations::new(ids)).await;
}

#[tokio::test]
async fn given_an_older_version_of_a_product_when_it_arrives_late_then_the_product_copy_does_not_change()
 {
    let shop = Shop::start().await;
    let ids = sell(&shop, "cutlery", 3).await;
    let messages = shop.messages("products").await;
    let is_change = |message: &&Record| message.header("ce_type") == Some("ProductsQuantityUpdate");
    let oldest = messages.iter().find(is_change).expect("a change");
    shop.produce("products", &[oldest.to_raw()]).await;
    wait_for_consumers(&shop).await;
    shop.check_invariants(&Expectations::new(ids)).await;
}
