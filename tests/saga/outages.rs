//! Consumers that were down.

use std::time::Duration;

use bson::doc;
use bson::oid::ObjectId;
use futures::StreamExt as _;
use serde_json::json;
use testkit::{
    Expectations, Shop, eventually, eventually_status, eventually_within, order, product,
};

use super::{sell, wait_for_consumers, wait_for_messages};

const HEALING_TIMEOUT: Duration = Duration::from_mins(2);

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
    leave_in_outbox(&shop, 1, 3_600_000).await;
    assert_eq!(shop.messages("order-status").await.len(), 2);
    shop.check_invariants(&Expectations::new(ids)).await;
}

#[tokio::test]
async fn given_documents_left_in_the_outbox_when_two_replicas_sweep_then_each_is_published_once() {
    let shop = Shop::builder().replicas("products", 2).start().await;
    let ids = sell(&shop, "cutlery", 1).await;
    leave_in_outbox(&shop, 1_000, -60_000).await;
    assert_eq!(shop.messages("order-status").await.len(), 1_001);
    shop.check_invariants(&Expectations::new(ids)).await;
}

/// Stores `count` copies of the published decision in the outbox, as if their sender was gone, and
/// waits until they are published. Their leases begin `offset` milliseconds from now.
async fn leave_in_outbox(shop: &Shop, count: usize, offset: i64) {
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
    let leased_at = bson::DateTime::from_millis(bson::DateTime::now().timestamp_millis() + offset);
    let document = doc! { "created_at": leased_at, "messages": [message] };
    let outbox = shop.collection("products", "outbox");
    let left_behind = std::iter::repeat_n(document, count);
    outbox.insert_many(left_behind).await.expect("inserts");
    eventually("the messages are published and deleted", async || {
        let left = outbox.count_documents(doc! {}).await;
        match left.map_err(|error| error.to_string())? {
            0 => Ok(()),
            left => Err(format!("{left} in the outbox")),
        }
    })
    .await;
}

#[tokio::test]
async fn given_orders_being_placed_when_all_topics_are_deleted_then_all_are_decided_without_a_restart()
 {
    let shop = Shop::start().await;
    shop.add_product("bread", 1.5, 10_000).await;
    let buyer = shop.user().await;
    let place = async |count: usize| {
        let orders = (0..count).map(|_| shop.place_order(&buyer, "bread", 1));
        let orders = futures::stream::iter(orders).buffer_unordered(8);
        orders.collect::<Vec<String>>().await
    };
    place(200).await;
    shop.wait_all_decided(HEALING_TIMEOUT).await;
    hold_republishing(&shop).await;
    tokio::join!(place(400), async {
        for topic in ["orders", "order-status", "products", "product-states"] {
            shop.delete_topic(topic).await;
        }
    });
    let kettle = product("kettle", 19.9, 5);
    let admin = shop.admin().await;
    admin.post("/api/products", &kettle).await.expect(201);
    let placed = order_when_known(&shop, "kettle").await;
    shop.wait_all_decided(HEALING_TIMEOUT).await;
    let path = format!("/api/orders/{placed}");
    let placed = buyer.get(&path).await.expect(200);
    assert_eq!(placed.json()["status"], "ACCEPTED");

    let copies = shop.collection("orders", "products");
    let deleted = copies.delete_one(doc! { "name": "chair" }).await;
    assert_eq!(deleted.expect("deletes").deleted_count, 1);
    release_republishing(&shop).await;
    let chair = order(&[("chair", 1)]);
    eventually_within(HEALING_TIMEOUT, "a chair can be ordered", async || {
        let response = buyer.post("/api/orders", &chair).await;
        let is_placed = response.status == 201;
        is_placed.then_some(()).ok_or_else(|| response.to_string())
    })
    .await;
    shop.wait_all_decided(HEALING_TIMEOUT).await;
}

/// Takes the lease for republishing, so that only the topic of the changes reports a new product.
async fn hold_republishing(shop: &Shop) {
    let in_an_hour = bson::DateTime::now().timestamp_millis() + 3_600_000;
    let expires_at = bson::DateTime::from_millis(in_an_hour);
    let lease = doc! { "holder": ObjectId::new(), "expires_at": expires_at };
    shop.collection("products", "leases")
        .update_one(doc! { "_id": "republishing" }, doc! { "$set": lease })
        .upsert(true)
        .await
        .expect("updates");
}

/// Lets products republish again.
async fn release_republishing(shop: &Shop) {
    let leases = shop.collection("products", "leases");
    leases.delete_many(doc! {}).await.expect("deletes");
}

/// Orders a product as soon as its copy is there. A change that was sent before the broker had deleted
/// the topic is lost, so the product is changed until then. Returns the order's id.
async fn order_when_known(shop: &Shop, name: &str) -> String {
    let (buyer, admin) = (shop.user().await, shop.admin().await);
    let (path, more) = (
        format!("/api/products?name={name}"),
        json!({ "add_quantity": 1 }),
    );
    let what = format!("a {name} can be ordered");
    eventually_within(HEALING_TIMEOUT, &what, async || {
        let response = buyer.post("/api/orders", &order(&[(name, 1)])).await;
        if response.status == 201 {
            return Ok(response.string("id"));
        }
        admin.patch(&path, &more).await.expect(200);
        Err(response.to_string())
    })
    .await
}

#[tokio::test]
async fn given_messages_that_expired_unread_when_products_restarts_then_the_orders_are_decided() {
    let shop = Shop::start().await;
    let mut ids = sell(&shop, "cutlery", 5).await;
    shop.kill("products");
    let buyer = shop.user().await;
    for _ in 0..5 {
        ids.push(shop.place_order(&buyer, "cutlery", 1).await);
    }
    wait_for_messages(&shop, "orders", 10).await;
    shop.truncate_topic("orders").await;
    shop.restart("products").await;
    shop.wait_all_decided(HEALING_TIMEOUT).await;
    shop.check_invariants(&Expectations::new(ids)).await;
}

#[tokio::test]
async fn given_messages_that_expire_unread_when_products_is_paused_and_resumes_then_the_orders_are_decided()
 {
    let shop = Shop::start().await;
    let mut ids = sell(&shop, "cutlery", 5).await;
    let buyer = shop.user().await;
    shop.pause("products");
    for _ in 0..5 {
        ids.push(shop.place_order(&buyer, "cutlery", 1).await);
    }
    wait_for_messages(&shop, "orders", 10).await;
    shop.truncate_topic("orders").await;
    shop.resume("products");
    shop.wait_all_decided(HEALING_TIMEOUT).await;
    shop.check_invariants(&Expectations::new(ids)).await;
}
