//! Idempotency-Key with orders.

use serde_json::json;
use testkit::{Client, Ledger, SOON, Shop, eventually, order};

fn keyed(client: &Client, key: &str) -> Client {
    client.with_header("idempotency-key", key)
}

#[tokio::test]
async fn given_a_key_when_sent_sixteen_times_at_once_then_one_order_and_the_same_bytes() {
    let shop = Shop::builder().replicas("orders", 2).start().await;
    let buyer = keyed(&shop.user().await, "basket-1");
    let body = order(&[("cutlery", 2), ("chair", 1)]);
    let answers =
        futures::future::join_all((0..16).map(|_| buyer.post("/api/orders", &body))).await;
    for answer in &answers {
        assert_eq!(answer.status, 201, "{answer}");
        assert_eq!(answer.body, answers[0].body);
    }
    let id = answers[0].json()["id"].as_str().expect("an id").to_owned();
    shop.decided(&buyer, &id).await;
    // The first answer, also when the order has long been decided and the process is another one.
    shop.kill("orders");
    shop.start_again("orders").await;
    let later = eventually("orders answers again", SOON, async || {
        let answer = buyer.post("/api/orders", &body).await;
        if answer.status == 503 {
            Err(answer.to_string())
        } else {
            Ok(answer)
        }
    })
    .await;
    assert_eq!(later.expect(201).body, answers[0].body);
    shop.judge(&Ledger::of(vec![id])).await;
    assert_eq!(shop.quantity("cutlery").await, 198);
}

#[tokio::test]
async fn given_a_used_key_when_sent_with_other_lines_then_422_and_with_the_same_merged_ones_201() {
    let shop = Shop::start().await;
    let buyer = keyed(&shop.user().await, "basket-2");
    let first = buyer
        .post("/api/orders", &order(&[("cutlery", 3), ("chair", 1)]))
        .await
        .expect(201);
    buyer
        .post("/api/orders", &order(&[("cutlery", 4)]))
        .await
        .names("Idempotency-Key");
    buyer
        .post("/api/orders", &order(&[("cutlery", 3)]))
        .await
        .problem(422);
    let merged = order(&[("Cutlery", 1), ("chair", 1), ("cutlery", 2)]);
    let again = buyer.post("/api/orders", &merged).await.expect(201);
    assert_eq!(again.body, first.body);
}

#[tokio::test]
async fn given_another_buyer_when_the_same_key_is_sent_then_it_is_another_order() {
    let shop = Shop::start().await;
    let body = order(&[("cutlery", 1)]);
    let first = keyed(&shop.user().await, "1")
        .post("/api/orders", &body)
        .await
        .expect(201)
        .json();
    let second = keyed(&shop.login("bbb@bbb.com").await, "1")
        .post("/api/orders", &body)
        .await
        .expect(201)
        .json();
    assert_ne!(first["id"], second["id"]);
}

#[tokio::test]
async fn given_a_refusal_when_the_key_is_sent_again_then_it_is_free() {
    let shop = Shop::start().await;
    let buyer = keyed(&shop.user().await, "basket-3");
    buyer
        .post("/api/orders", &order(&[("nothing", 1)]))
        .await
        .problem(404);
    buyer
        .post("/api/orders", &order(&[("chair", 0)]))
        .await
        .problem(400);
    let _ = buyer
        .post("/api/orders", &order(&[("chair", 1)]))
        .await
        .expect(201);
}

#[tokio::test]
async fn given_keys_when_sent_then_only_visible_ascii_of_fair_length_is_one() {
    let shop = Shop::start().await;
    let user = shop.user().await;
    let body = order(&[("cutlery", 1)]);
    for key in ["!", "~", "{\"$ne\":1}", &"k".repeat(255)] {
        let _ = keyed(&user, key)
            .post("/api/orders", &body)
            .await
            .expect(201);
    }
    for key in ["", &"k".repeat(256), "a b", "é", "\t"] {
        let answer = keyed(&user, key).post("/api/orders", &body).await;
        assert_eq!(answer.status, 400, "{key:?}: {answer}");
        answer.problem(answer.status);
    }
}

#[tokio::test]
async fn given_two_keys_when_sent_at_once_then_400_wherever_there_are_keys() {
    let shop = Shop::start().await;
    let twice = |client: &Client| keyed(&keyed(client, "1"), "2");
    let sentence = "There is more than one Idempotency-Key.";
    twice(&shop.user().await)
        .post("/api/orders", &order(&[("cutlery", 1)]))
        .await
        .says(400, sentence);
    twice(&shop.admin().await)
        .patch("/api/products?name=chair", &json!({ "add_quantity": 1 }))
        .await
        .says(400, sentence);
    assert_eq!(shop.quantity("chair").await, 30);
}

#[tokio::test]
async fn given_a_used_key_when_sent_with_something_else_then_the_error_has_one_type_everywhere() {
    let shop = Shop::start().await;
    let (buyer, admin) = (
        keyed(&shop.user().await, "1"),
        keyed(&shop.admin().await, "1"),
    );
    let mut kinds = Vec::new();
    for pieces in [1, 2] {
        let ordered = buyer
            .post("/api/orders", &order(&[("cutlery", pieces)]))
            .await;
        let restock = json!({ "add_quantity": pieces });
        let restocked = admin.patch("/api/products?name=chair", &restock).await;
        kinds = vec![
            ordered.json()["type"].clone(),
            restocked.json()["type"].clone(),
        ];
    }
    assert_eq!(kinds, ["/problems/idempotency-key-reused"; 2]);
}
