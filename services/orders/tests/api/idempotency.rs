//! The Idempotency-Key of orders.

use insta::assert_json_snapshot;
use mongodb::bson::{DateTime, doc};
use testkit::Client;

use crate::support::{buyer, place, start};

fn with_key(client: &Client, key: &str) -> Client {
    client.with_header("idempotency-key", key)
}

#[tokio::test]
async fn given_a_used_key_when_sent_then_the_response_is_identical_or_422_for_other_lines() {
    let service = start().await;
    let buyer = with_key(&buyer(&service), "basket-1");
    let lines = [("cutlery", 3), ("chair", 1)];
    let first = place(&buyer, &lines).await.expect(201);
    let unmerged = [("Cutlery", 1), ("chair", 1), ("cutlery", 2)];
    for same in [&lines[..], &unmerged] {
        let repeated = place(&buyer, same).await.expect(201);
        assert_eq!(repeated.text(), first.text());
    }
    place(&buyer, &lines[..1]).await.expect_problem(422);
    let other = place(&buyer, &[("cutlery", 4)]).await;
    assert_json_snapshot!(other.expect_problem(422), { ".instance" => "[request id]" }, @r#"
    {
      "type": "/problems/idempotency-key-reused",
      "title": "Unprocessable Entity",
      "status": 422,
      "detail": "Idempotency-Key: was used for another order",
      "instance": "[request id]",
      "errors": [
        {
          "field": "Idempotency-Key",
          "message": "was used for another order"
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn given_an_order_of_any_release_when_repeated_then_the_response_is_as_that_release_rendered_it()
 {
    let service = start().await;
    let buyer = with_key(&buyer(&service), "basket-2");
    let lines = [("cutlery", 3), ("chair", 1)];
    let id = place(&buyer, &lines).await.expect(201).string("id");
    let orders = service.collection("orders");
    let at = DateTime::from_millis(1_767_323_045_600);
    for (version, change, time) in [
        (
            "the previous",
            doc! { "$unset": { "rendering": "" } },
            "05.6",
        ),
        ("this", doc! { "$set": { "rendering": 1 } }, "05.600"),
        ("a later", doc! { "$set": { "rendering": 2 } }, "05.600"),
    ] {
        let query = doc! { "idempotency_key": "basket-2" };
        for change in [doc! { "$set": { "created_at": at } }, change] {
            let changed = orders.update_one(query.clone(), change).await;
            assert_eq!(changed.expect("an update").matched_count, 1);
        }
        let repeated = place(&buyer, &lines).await.expect(201);
        assert_eq!(
            repeated.text(),
            format!(
                "{{\"id\":\"{id}\",\"status\":\"PENDING\",\"cost\":47.96,\
                 \"created_at\":\"2026-01-02T03:04:{time}Z\",\"products\":[\
                 {{\"name\":\"cutlery\",\"price\":5.99,\"quantity\":3}},\
                 {{\"name\":\"chair\",\"price\":29.99,\"quantity\":1}}]}}"
            ),
            "{version} release"
        );
    }
}

#[tokio::test]
async fn given_another_buyer_when_the_same_key_is_sent_then_a_second_order_is_placed() {
    let service = start().await;
    let mut ids = Vec::new();
    for buyer in [
        buyer(&service),
        service.client_of("other@example.com", "user"),
    ] {
        let response = place(&with_key(&buyer, "1"), &[("cutlery", 1)]).await;
        ids.push(response.expect(201).string("id"));
    }
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn given_a_failed_request_when_its_key_is_sent_again_then_the_key_is_unused() {
    let service = start().await;
    let buyer = with_key(&buyer(&service), "basket-3");
    place(&buyer, &[("nothing", 1)]).await.expect_problem(404);
    place(&buyer, &[("chair", 0)]).await.expect_problem(400);
    place(&buyer, &[("chair", 1)]).await.expect(201);
}

#[tokio::test]
async fn given_keys_when_sent_then_only_visible_ascii_of_up_to_255_bytes_is_accepted() {
    let service = start().await;
    let buyer = buyer(&service);
    let place = async |key: &str| place(&with_key(&buyer, key), &[("cutlery", 1)]).await;
    for key in ["!", "~", "{\"$ne\":1}", &"k".repeat(255)] {
        place(key).await.expect(201);
    }
    for key in ["", &"k".repeat(256), "a b", "é", "\t"] {
        let response = place(key).await;
        assert_eq!(response.status, 400, "{key:?}: {response}");
        response.expect_problem(400);
    }
}
