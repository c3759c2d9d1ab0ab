//! The event stream, `GET /api/orders/events`.

use std::time::Duration;

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
