//! The product copy, repaired by the states that products publishes again and again.

use mongodb::bson::doc;
use serde_json::{Value, json};
use testkit::{SingleService, eventually, eventually_status};

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
    let order = place(&buyer, &[("chair", 1)])
        .await
        .expect(201)
        .string("id");
    let chair = doc! { "name": "chair" };
    // Until its end, or until it expires after some seconds, nobody else can write the copy.
    let mut transaction = copies.client().start_session().await.expect("a session");
    transaction
        .start_transaction()
        .await
        .expect("a transaction");
    let reserved = doc! { "$set": { "reserved": true } };
    let update = copies.update_one(chair.clone(), reserved);
    update.session(&mut transaction).await.expect("updates");
    publish_chair(&service, 9).await;
    decide(&service, &order, "ACCEPTED", &Value::Null).await;
    eventually_decided(&service, &order).await;
    let is_open = transaction.commit_transaction().await;
    is_open.expect("the order was decided before the copy could be written");
    eventually("the copy is repaired", async || {
        let copy = copies.find_one(chair.clone()).await;
        let copy = copy.map_err(|error| error.to_string())?.ok_or("none")?;
        let is_new = testkit::integer(&copy["version"]) == 9;
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
