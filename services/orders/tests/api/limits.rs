//! The limits of an account.

use insta::assert_json_snapshot;
use serde_json::Value;
use testkit::{Response, eventually_status};

use crate::support::{buyer, decide, place, start_with};

fn retry_after(response: &Response) -> u32 {
    let seconds = response.header("retry-after").expect("Retry-After");
    seconds.parse().expect("seconds")
}

#[tokio::test]
async fn given_an_account_at_its_orders_of_an_hour_when_it_orders_then_429_but_repeats_are_answered()
 {
    let limits = [("SEED_DATA", "true"), ("ORDERS_PER_ACCOUNT_PER_HOUR", "2")];
    let service = start_with(&limits).await;
    let buyer = buyer(&service);
    let keyed = buyer.with_header("idempotency-key", "basket-1");
    let first = place(&keyed, &[("cutlery", 1)]).await.expect(201);
    place(&buyer, &[("cutlery", 1)]).await.expect(201);
    let refused = place(&buyer, &[("cutlery", 1)]).await;
    assert!(
        (3_000..=3_600).contains(&retry_after(&refused)),
        "{refused}"
    );
    assert_json_snapshot!(refused.expect_problem(429), { ".instance" => "[request id]" }, @r#"
    {
      "type": "/problems/too-many-orders",
      "title": "Too Many Requests",
      "status": 429,
      "detail": "You can place at most 2 orders in an hour.",
      "instance": "[request id]"
    }
    "#);
    let repeated = place(&keyed, &[("cutlery", 1)]).await.expect(201);
    assert_eq!(repeated.text(), first.text());
    place(&buyer, &[("nothing", 1)]).await.expect_problem(404);
    let other = service.client_of("other@example.com", "user");
    place(&other, &[("cutlery", 1)]).await.expect(201);
}

#[tokio::test]
async fn given_an_account_with_many_pending_items_when_it_orders_then_429_until_they_are_decided() {
    let limits = [("SEED_DATA", "true"), ("PENDING_ITEMS_PER_ACCOUNT", "10")];
    let service = start_with(&limits).await;
    let buyer = buyer(&service);
    let placed = place(&buyer, &[("cutlery", 4), ("chair", 4)])
        .await
        .expect(201);
    let refused = place(&buyer, &[("cutlery", 3)]).await;
    assert!(retry_after(&refused) <= 60, "{refused}");
    assert_json_snapshot!(refused.expect_problem(429), { ".instance" => "[request id]" }, @r#"
    {
      "type": "/problems/too-many-pending-items",
      "title": "Too Many Requests",
      "status": 429,
      "detail": "You can have at most 10 items in orders that are not decided yet.",
      "instance": "[request id]"
    }
    "#);
    let too_large = place(&buyer, &[("cutlery", 11)]).await;
    assert!(retry_after(&too_large) >= 3_600, "{too_large}");
    assert_json_snapshot!(too_large.expect_problem(429), { ".instance" => "[request id]" }, @r#"
    {
      "type": "/problems/too-many-pending-items",
      "title": "Too Many Requests",
      "status": 429,
      "detail": "The order has more than 10 items, which is the limit for all orders that are not decided yet. It can only be placed in several orders.",
      "instance": "[request id]"
    }
    "#);
    place(&buyer, &[("cutlery", 2)]).await.expect(201);
    decide(&service, &placed.string("id"), "ACCEPTED", &Value::Null).await;
    eventually_status("the limit is free again", 201, async || {
        place(&buyer, &[("cutlery", 8)]).await
    })
    .await;
}

#[tokio::test]
async fn given_the_limits_when_an_order_is_placed_then_counting_reads_only_its_buyers_orders() {
    let limits = [
        ("SEED_DATA", "true"),
        ("PENDING_ITEMS_PER_ACCOUNT", "100"),
        ("ORDERS_PER_ACCOUNT_PER_HOUR", "100"),
    ];
    let service = start_with(&limits).await;
    let other = service.client_of("other@example.com", "user");
    for _ in 0..20 {
        place(&other, &[("cutlery", 1)]).await.expect(201);
    }
    let buyer = buyer(&service);
    place(&buyer, &[("cutlery", 1)]).await.expect(201);
    let profile = service.profile().await;
    place(&buyer, &[("cutlery", 1)]).await.expect(201);
    let mut counts = profile.operations("orders").await;
    counts.retain(|operation| {
        let command = operation.get_document("command");
        command.is_ok_and(|command| command.contains_key("aggregate"))
    });
    assert_eq!(counts.len(), 2, "{counts:?}");
    for count in counts {
        let examined = |field| count.get_i32(field).unwrap_or_default();
        assert!(examined("docsExamined") <= 1, "{count}");
        assert!(examined("keysExamined") <= 3, "{count}");
    }
}

#[tokio::test]
async fn given_one_limit_when_an_order_is_placed_then_only_what_it_limits_is_counted() {
    for limit in ["PENDING_ITEMS_PER_ACCOUNT", "ORDERS_PER_ACCOUNT_PER_HOUR"] {
        let service = start_with(&[("SEED_DATA", "true"), (limit, "100")]).await;
        let profile = service.profile().await;
        place(&buyer(&service), &[("cutlery", 1)]).await.expect(201);
        let mut counts = profile.operations("orders").await;
        counts.retain(|operation| {
            let command = operation.get_document("command");
            command.is_ok_and(|command| command.contains_key("aggregate"))
        });
        assert_eq!(counts.len(), 1, "{limit}: {counts:?}");
    }
}
