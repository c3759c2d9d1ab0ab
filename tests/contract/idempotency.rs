//! The Idempotency-Key, with several replicas and several services.

use serde_json::json;
use testkit::{Client, Expectations, Response, Shop, eventually_status, order};

const CHAIR: &str = "/api/products?name=chair";

fn with_key(client: &Client, key: &str) -> Client {
    client.with_header("idempotency-key", key)
}

async fn place(client: &Client, lines: &[(&str, i64)]) -> Response {
    client.post("/api/orders", &order(lines)).await
}

#[tokio::test]
async fn given_a_key_when_sent_sixteen_times_concurrently_then_one_order_and_identical_responses() {
    let shop = Shop::builder().replicas("orders", 2).start().await;
    let buyer = with_key(&shop.user().await, "basket-1");
    let place = || place(&buyer, &[("cutlery", 2), ("chair", 1)]);
    let responses = futures::future::join_all((0..16).map(|_| place())).await;
    for response in &responses {
        assert_eq!(response.status, 201, "{response}");
        assert_eq!(response.body, responses[0].body);
    }
    let id = responses[0].string("id");
    shop.wait_decided(&buyer, &id).await;
    // The response stays the same after the decision and after a restart.
    shop.kill("orders");
    shop.restart("orders").await;
    let later = eventually_status("orders responds again", 201, async || {
        let response = place().await;
        assert!(matches!(response.status, 201 | 503), "{response}");
        response
    })
    .await;
    assert_eq!(later.body, responses[0].body);
    shop.check_invariants(&Expectations::new(vec![id])).await;
    assert_eq!(shop.stock("cutlery").await, 198);
}

#[tokio::test]
async fn given_two_keys_when_sent_in_one_request_then_400() {
    let shop = Shop::start().await;
    let with_two_keys = |client: &Client| with_key(&with_key(client, "1"), "2");
    let (buyer, admin) = (shop.user().await, shop.admin().await);
    let restock = json!({ "add_quantity": 1 });
    for response in [
        place(&with_two_keys(&buyer), &[("cutlery", 1)]).await,
        with_two_keys(&admin).patch(CHAIR, &restock).await,
    ] {
        response.expect_detail(400, "There is more than one Idempotency-Key.");
    }
    assert_eq!(shop.stock("chair").await, 30);
}

#[tokio::test]
async fn given_a_used_key_when_sent_with_another_body_then_the_problem_type_is_the_same_everywhere()
{
    let shop = Shop::start().await;
    let buyer = with_key(&shop.user().await, "1");
    let admin = with_key(&shop.admin().await, "1");
    let mut types = Vec::new();
    for quantity in [1, 2] {
        let order = place(&buyer, &[("cutlery", quantity)]).await;
        let restock = json!({ "add_quantity": quantity });
        let restock = admin.patch(CHAIR, &restock).await;
        types = vec![order.json()["type"].clone(), restock.json()["type"].clone()];
    }
    assert_eq!(types, ["/problems/idempotency-key-reused"; 2]);
}
