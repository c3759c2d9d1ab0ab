//! The product copy, repaired by the states that products publishes again and again.

use mongodb::bson::doc;
use serde_json::{Value, json};
use testkit::{Client, SingleService, eventually, eventually_status, operations};

use crate::support::{buyer, decide, place, start};

/// The id of `chair` in the development data.
const CHAIR: &str = "11fefe4a1cad4140785928a4";

async fn publish_chair(service: &SingleService, version: u32) {
    let state = json!({ "type": "ProductState", "product": {
        "id": CHAIR, "name": "chair", "price": 29.99, "quantity": 30, "version": version,
    }});
    service.produce("product-states", &state).await;
}

#[tokio::test]
async fn given_a_lost_product_copy_when_its_state_is_published_again_then_it_can_be_ordered() {
    let service = start().await;
    let buyer = buyer(&service);
    let copies = service.collection("products");
    copies.delete_many(doc! {}).await.expect("deletes");
    place(&buyer, &[("chair", 1)]).await.expect(404);
    publish_chair(&service, 1).await;
    eventually_status("a chair can be ordered", 201, async || {
        place(&buyer, &[("chair", 1)]).await
    })
    .await;
}

#[tokio::test]
async fn given_states_that_cannot_be_applied_yet_when_an_order_is_decided_then_it_does_not_wait() {
    let service = start().await;
    let buyer = buyer(&service);
    let copies = service.collection("products");
    let [first, second] = [place_chair(&buyer).await, place_chair(&buyer).await];
    // Both consumers are reading before the copy is locked, which is for seconds only.
    publish_chair(&service, 8).await;
    eventually_copied(&service, 8).await;
    decide(&service, &first, "ACCEPTED", &Value::Null).await;
    eventually_decided(&service, &first).await;
    // No other client can write the copy until the end of the transaction, or until it expires.
    let mut transaction = copies.client().start_session().await.expect("a session");
    transaction
        .start_transaction()
        .await
        .expect("a transaction");
    let reserved = doc! { "$set": { "reserved": true } };
    let update = copies.update_one(doc! { "name": "chair" }, reserved);
    update.session(&mut transaction).await.expect("updates");
    publish_chair(&service, 9).await;
    eventually("the new state waits for the copy", async || {
        let update = doc! { "ns": copies.namespace().to_string(), "op": "update" };
        let waiting = operations(copies.client(), update).await;
        (!waiting.is_empty())
            .then_some(())
            .ok_or("it does not".to_owned())
    })
    .await;
    decide(&service, &second, "ACCEPTED", &Value::Null).await;
    eventually_decided(&service, &second).await;
    let is_open = transaction.commit_transaction().await;
    is_open.expect("the order was decided before the copy could be written");
    eventually_copied(&service, 9).await;
}

async fn place_chair(buyer: &Client) -> String {
    let placed = place(buyer, &[("chair", 1)]).await;
    placed.expect(201).string("id")
}

async fn eventually_copied(service: &SingleService, version: i64) {
    eventually("the copy has the state", async || {
        let copies = service.collection("products");
        let copy = copies.find_one(doc! { "name": "chair" }).await;
        let copy = copy.map_err(|error| error.to_string())?.ok_or("none")?;
        let is_new = testkit::integer(&copy["version"]) == version;
        is_new.then_some(()).ok_or(copy.to_string())
    })
    .await;
}

async fn eventually_decided(service: &SingleService, order: &str) {
    let path = format!("/api/orders/{order}");
    let buyer = buyer(service);
    eventually("the order is decided", async || {
        let order = buyer.get(&path).await.expect(200).json();
        (order["status"] == "ACCEPTED")
            .then_some(())
            .ok_or(order.to_string())
    })
    .await;
}
