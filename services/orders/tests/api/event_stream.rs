//! The event stream, `GET /api/orders/events`.

use std::time::Duration;

use mongodb::bson::{DateTime, doc};
use serde_json::Value;
use testkit::{Claims, Client, EventStream, ServerEvent, SingleService, TIMEOUT, sign_hs256};

use crate::support::{buyer, decide, place, start, start_with};

const PATH: &str = "/api/orders/events";
/// Time limit for the comment that keeps an idle stream alive.
const COMMENT_TIMEOUT: Duration = Duration::from_secs(15);
const SECRET: &str = "at least thirty-two bytes, for tests only";

/// Places an order, publishes that it is accepted, and returns the stream's event about that.
async fn next_decision(
    service: &SingleService,
    buyer: &Client,
    stream: &mut EventStream,
) -> ServerEvent {
    let placed = place(buyer, &[("cutlery", 1)]).await.expect(201);
    let id = placed.string("id");
    decide(service, &id, "ACCEPTED", &Value::Null).await;
    let is_decision = |event: &ServerEvent| {
        event.event == "order" && event.json()["id"] == id && event.json()["status"] == "ACCEPTED"
    };
    let events = stream.read_until(TIMEOUT, is_decision).await;
    events.last().expect("the decision").clone()
}

#[tokio::test]
async fn given_an_invalid_event_id_when_connecting_then_a_reset_event_and_the_stream_continues() {
    let service = start().await;
    let buyer = buyer(&service);
    let mut stream = buyer.stream(PATH, None).await;
    let valid = next_decision(&service, &buyer, &mut stream).await.id;
    let altered: String = valid.chars().rev().collect();
    for invalid in [
        &valid[..valid.len() - 5],
        "gg",
        "AQ",
        "ggAAAA",
        "x",
        "0",
        "zzzz.1",
        // The id of an earlier release.
        "gmkE0qEAAAABKwIpKW4E",
        "71fefe4a1cad4140785928a4",
        &"A".repeat(3_000),
        &altered,
    ] {
        let mut stream = buyer.stream(PATH, Some(invalid)).await;
        assert_eq!(stream.next(TIMEOUT).await.event, "reset", "{invalid:?}");
        next_decision(&service, &buyer, &mut stream).await;
    }
}

#[tokio::test]
async fn given_no_events_when_a_stream_is_open_then_comments_keep_it_alive() {
    let service = start().await;
    let mut stream = buyer(&service).stream(PATH, None).await;
    stream.wait_for_comment(COMMENT_TIMEOUT).await;
}

#[tokio::test]
async fn given_a_token_when_it_expires_then_its_stream_ends() {
    let service = start_with(&[("TOKEN_HS256_SECRET", SECRET)]).await;
    let claims = Claims::new("buyer@example.com", "user").expiring_in(3);
    let client = service.client.with_token(&sign_hs256(SECRET, &claims));
    let mut stream = client.stream(PATH, None).await;
    let events = stream.read_to_end(TIMEOUT).await;
    assert!(events.is_empty(), "{events:?}");
    client.get(PATH).await.expect_detail(401, "Incorrect token");
}

/// The number of changes of other buyers between two of one's own. Reading all of them would be
/// noticed at once.
const FOREIGN_CHANGES: i32 = 2_000;

/// Changes the status of as many orders of another buyer.
async fn change_foreign_orders(service: &SingleService) {
    let orders = service.collection("orders");
    let order = |_| doc! { "client_email": "other@example.com", "status": "PENDING" };
    let placed = (0..FOREIGN_CHANGES).map(order);
    orders.insert_many(placed).await.expect("inserts");
    let now = DateTime::now();
    let decision = doc! { "at": now, "reason": null, "client_email": "other@example.com" };
    let update = doc! { "$set": { "status": "ACCEPTED", "decision": decision } };
    let filter = doc! { "client_email": "other@example.com", "status": "PENDING" };
    orders.update_many(filter, update).await.expect("updates");
}

#[tokio::test]
async fn given_many_changes_of_others_when_a_stream_resumes_then_only_its_buyers_own_are_read() {
    let service = start().await;
    let buyer = buyer(&service);
    let mut stream = buyer.stream(PATH, None).await;
    let seen = next_decision(&service, &buyer, &mut stream).await.id;
    drop(stream);
    change_foreign_orders(&service).await;
    let missed = place(&buyer, &[("cutlery", 1)])
        .await
        .expect(201)
        .string("id");
    // The feed of all open streams has read the changes when this one has its event.
    let mut witness = buyer.stream(PATH, None).await;
    decide(&service, &missed, "ACCEPTED", &Value::Null).await;
    assert_eq!(witness.next(TIMEOUT).await.json()["id"], missed);
    let profile = service.profile().await;
    let mut stream = buyer.stream(PATH, Some(&seen)).await;
    let event = stream.next(TIMEOUT).await;
    let mut recorded = profile.operations("orders").await;
    assert_eq!(
        (event.event.as_str(), event.json()["id"].as_str()),
        ("order", Some(&*missed))
    );
    // The feed of all streams continues its own read.
    recorded.retain(|operation| operation.get_str("op").is_ok_and(|op| op != "getmore"));
    assert!(!recorded.is_empty(), "nothing is recorded");
    for operation in recorded {
        let examined = operation.get_i32("docsExamined").unwrap_or_default();
        assert!(examined < 10, "{operation}");
    }
}

#[tokio::test]
async fn given_missed_changes_when_the_connection_breaks_after_each_then_each_is_sent_once() {
    let service = start().await;
    let buyer = buyer(&service);
    let mut stream = buyer.stream(PATH, None).await;
    let mut seen = next_decision(&service, &buyer, &mut stream).await.id;
    let mut missed = Vec::new();
    for _ in 0..4 {
        missed.push(next_decision(&service, &buyer, &mut stream).await.json());
    }
    for expected in missed {
        let mut stream = buyer.stream(PATH, Some(&seen)).await;
        let event = stream.next(TIMEOUT).await;
        assert_eq!((event.event.as_str(), event.json()), ("order", expected));
        seen = event.id;
    }
    let mut stream = buyer.stream(PATH, Some(&seen)).await;
    let placed = place(&buyer, &[("cutlery", 1)]).await.expect(201);
    decide(&service, &placed.string("id"), "ACCEPTED", &Value::Null).await;
    assert_eq!(stream.next(TIMEOUT).await.json()["id"], placed.string("id"));
}
