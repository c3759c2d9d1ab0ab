//! GET /api/orders/events.

use std::time::Duration;

use testkit::{Claims, Client, EventStream, SOON, Shop};

const PATH: &str = "/api/orders/events";

async fn until_decided(stream: &mut EventStream, id: &str) -> Vec<testkit::ServerEvent> {
    stream
        .until(SOON, |event| {
            event.event == "order"
                && event.json()["id"] == id
                && event.json()["status"] != "PENDING"
        })
        .await
}

#[tokio::test]
async fn given_a_stream_when_an_order_is_decided_then_it_is_told_once_with_the_reason() {
    let shop = Shop::start().await;
    let buyer = shop.user().await;
    let mut stream = buyer.stream(PATH, None).await;
    let id = shop.place(&buyer, "cutlery", 1).await;
    let told = until_decided(&mut stream, &id).await;
    let last = told.last().expect("one");
    assert!(!last.id.is_empty());
    assert_eq!(last.json()["status"], "ACCEPTED");
    assert!(
        last.json()["at"]
            .as_str()
            .is_some_and(|at| at.ends_with('Z')),
        "{last:?}"
    );
    assert!(last.json().get("reason").is_some(), "{last:?}");
    let other = shop.place(&buyer, "cutlery", 1).await;
    for event in until_decided(&mut stream, &other).await {
        assert_eq!(
            event.json()["id"],
            other.as_str(),
            "nothing is told twice: {event:?}"
        );
    }
}

#[tokio::test]
async fn given_two_replicas_when_streams_are_open_on_each_then_both_tell_everything_and_nobody_elses()
 {
    let shop = Shop::builder().replicas("orders", 2).start().await;
    let (buyer, other) = (shop.user().await, shop.login("bbb@bbb.com").await);
    let mut streams = Vec::new();
    for replica in ["orders", "orders-2"] {
        streams.push(buyer.at(&shop.url(replica)).stream(PATH, None).await);
    }
    let mut others = other.stream(PATH, None).await;
    let mut mine = Vec::new();
    for _ in 0..4 {
        mine.push(shop.place(&buyer, "cutlery", 1).await);
    }
    let theirs = shop.place(&other, "cutlery", 1).await;
    for stream in &mut streams {
        let mut missing: Vec<_> = mine.clone();
        while !missing.is_empty() {
            let event = stream.next(SOON).await.json();
            assert!(
                mine.iter().any(|id| event["id"] == id.as_str()),
                "somebody else's: {event}"
            );
            missing.retain(|id| event["id"] != id.as_str() || event["status"] == "PENDING");
        }
    }
    for event in until_decided(&mut others, &theirs).await {
        assert_eq!(event.json()["id"], theirs.as_str());
    }
}

#[tokio::test]
async fn given_a_last_event_id_when_connecting_again_then_what_was_missed_is_told_from_any_replica()
{
    let shop = Shop::builder().replicas("orders", 2).start().await;
    let buyer = shop.user().await;
    let mut stream = buyer.at(&shop.url("orders")).stream(PATH, None).await;
    let first = shop.place(&buyer, "cutlery", 1).await;
    let seen = until_decided(&mut stream, &first)
        .await
        .last()
        .expect("one")
        .id
        .clone();
    drop(stream);
    let mut missed = Vec::new();
    for _ in 0..3 {
        let id = shop.place(&buyer, "cutlery", 1).await;
        shop.decided(&buyer, &id).await;
        missed.push(id);
    }
    for replica in ["orders", "orders-2"] {
        let mut stream = buyer.at(&shop.url(replica)).stream(PATH, Some(&seen)).await;
        let last = missed.last().expect("three").clone();
        let told = until_decided(&mut stream, &last).await;
        assert!(told.iter().all(|event| event.event == "order"), "{told:?}");
        let told: Vec<_> = told
            .iter()
            .map(testkit::ServerEvent::json)
            .filter(|e| e["status"] != "PENDING")
            .collect();
        let told: Vec<_> = told
            .iter()
            .map(|event| event["id"].as_str().expect("an id"))
            .collect();
        assert_eq!(told, missed, "{replica}");
        // And it goes on with what happens now.
        let next = shop.place(&buyer, "cutlery", 1).await;
        until_decided(&mut stream, &next).await;
        missed.push(next);
    }
}

#[tokio::test]
async fn given_an_event_id_that_is_none_when_connecting_then_reset_and_the_stream_goes_on() {
    let shop = Shop::start().await;
    let buyer = shop.user().await;
    let foreign = sealed_by_another(&shop).await;
    let mut cut = seen_by(&shop, &buyer).await;
    cut.truncate(cut.len() - 5);
    for unknown in [
        &cut,
        "gg",
        "AQ",
        "ggAAAA",
        "x",
        "0",
        "zzzz.1",
        "71fefe4a1cad4140785928a4",
        &"A".repeat(3_000),
        &foreign,
    ] {
        let mut stream = buyer.stream(PATH, Some(unknown)).await;
        assert_eq!(stream.next(SOON).await.event, "reset", "{unknown:?}");
        let id = shop.place(&buyer, "cutlery", 1).await;
        until_decided(&mut stream, &id).await;
    }
}

/// An event id of another buyer's, a little altered.
async fn sealed_by_another(shop: &Shop) -> String {
    let other = shop.login("bbb@bbb.com").await;
    seen_by(shop, &other).await.chars().rev().collect()
}

/// The id of an event that tells somebody how an order of theirs ended.
async fn seen_by(shop: &Shop, buyer: &Client) -> String {
    let mut stream = buyer.stream(PATH, None).await;
    let id = shop.place(buyer, "cutlery", 1).await;
    let told = until_decided(&mut stream, &id).await;
    told.last().expect("one").id.clone()
}

#[tokio::test]
async fn given_nothing_to_tell_when_a_stream_is_open_then_comments_keep_it_alive() {
    let shop = Shop::start().await;
    let mut stream = shop.user().await.stream(PATH, None).await;
    stream.comment(Duration::from_secs(15)).await;
}

#[tokio::test]
async fn given_a_token_when_it_expires_then_its_stream_ends() {
    let shop = Shop::start().await;
    let soon = Claims::of("aaa@aaa.com", "user").expired(-3);
    let caller = shop.visitor().with_token(&shop.sign(&soon));
    let mut stream = caller.stream(PATH, None).await;
    let told = stream.end(SOON).await;
    assert!(told.is_empty(), "{told:?}");
    caller.get(PATH).await.says(401, "Incorrect token");
}

#[tokio::test]
async fn given_an_open_stream_when_orders_is_asked_to_end_then_it_ends_soon_and_well() {
    let shop = Shop::start().await;
    let mut stream = shop.user().await.stream(PATH, None).await;
    let status = shop.stop("orders").await;
    assert!(status.success(), "{status}");
    stream.end(SOON).await;
}
