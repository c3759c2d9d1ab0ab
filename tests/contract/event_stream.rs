//! The event stream, `GET /api/orders/events`.

use testkit::{EventStream, ServerEvent, Shop, TIMEOUT};

const PATH: &str = "/api/orders/events";

/// Reads events up to the decision about an order.
async fn read_until_decided(stream: &mut EventStream, id: &str) -> Vec<ServerEvent> {
    let is_decision = |event: &ServerEvent| {
        event.event == "order" && event.json()["id"] == id && event.json()["status"] != "PENDING"
    };
    stream.read_until(TIMEOUT, is_decision).await
}

#[tokio::test]
async fn given_an_event_stream_when_an_order_is_decided_then_one_event_with_the_reason_is_sent() {
    let shop = Shop::start().await;
    let buyer = shop.user().await;
    let mut stream = buyer.stream(PATH, None).await;
    let id = shop.place_order(&buyer, "cutlery", 1).await;
    let events = read_until_decided(&mut stream, &id).await;
    let decision = events.last().expect("the decision");
    assert!(!decision.id.is_empty());
    let data = decision.json();
    assert_eq!(data["status"], "ACCEPTED");
    let at = data["at"].as_str().unwrap_or_default();
    assert!(at.ends_with('Z'), "{data}");
    assert!(data.get("reason").is_some(), "{data}");
    let next = shop.place_order(&buyer, "cutlery", 1).await;
    for event in read_until_decided(&mut stream, &next).await {
        assert_eq!(event.json()["id"], next.as_str(), "a duplicate: {event:?}");
    }
}

#[tokio::test]
async fn given_event_streams_on_two_replicas_when_orders_are_decided_then_each_sends_all_events_of_its_buyer_only()
 {
    let shop = Shop::builder().replicas("orders", 2).start().await;
    let (buyer, other) = (shop.user().await, shop.login("bbb@bbb.com").await);
    let mut streams = Vec::new();
    for replica in ["orders", "orders-2"] {
        streams.push(buyer.at(&shop.url(replica)).stream(PATH, None).await);
    }
    let mut other_stream = other.stream(PATH, None).await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(shop.place_order(&buyer, "cutlery", 1).await);
    }
    let other_id = shop.place_order(&other, "cutlery", 1).await;
    for stream in &mut streams {
        let mut undecided = ids.clone();
        while !undecided.is_empty() {
            let event = stream.next(TIMEOUT).await.json();
            assert!(
                ids.iter().any(|id| event["id"] == id.as_str()),
                "an event of another buyer: {event}"
            );
            undecided.retain(|id| event["id"] != id.as_str() || event["status"] == "PENDING");
        }
    }
    for event in read_until_decided(&mut other_stream, &other_id).await {
        assert_eq!(event.json()["id"], other_id.as_str());
    }
}

#[tokio::test]
async fn given_a_last_event_id_when_reconnecting_to_any_replica_then_the_missed_events_are_sent() {
    let shop = Shop::builder().replicas("orders", 2).start().await;
    let buyer = shop.user().await;
    let mut stream = buyer.at(&shop.url("orders")).stream(PATH, None).await;
    let id = shop.place_order(&buyer, "cutlery", 1).await;
    let events = read_until_decided(&mut stream, &id).await;
    let last_seen = &events.last().expect("the decision").id;
    let mut missed = Vec::new();
    for _ in 0..3 {
        let id = shop.place_order(&buyer, "cutlery", 1).await;
        shop.wait_decided(&buyer, &id).await;
        missed.push(id);
    }
    for replica in ["orders", "orders-2"] {
        let client = buyer.at(&shop.url(replica));
        let mut stream = client.stream(PATH, Some(last_seen)).await;
        let events = read_until_decided(&mut stream, &missed[missed.len() - 1]).await;
        assert!(
            events.iter().all(|event| event.event == "order"),
            "{events:?}"
        );
        let decided: Vec<_> = events
            .iter()
            .map(ServerEvent::json)
            .filter(|event| event["status"] != "PENDING")
            .map(|event| event["id"].as_str().expect("an id").to_owned())
            .collect();
        assert_eq!(decided, missed, "{replica}");
        // After the missed events the stream continues with new ones.
        let next = shop.place_order(&buyer, "cutlery", 1).await;
        read_until_decided(&mut stream, &next).await;
        missed.push(next);
    }
}

#[tokio::test]
async fn given_an_open_stream_when_orders_is_stopped_then_both_end() {
    let shop = Shop::start().await;
    let mut stream = shop.user().await.stream(PATH, None).await;
    let status = shop.stop("orders").await;
    assert!(status.success(), "{status}");
    stream.read_to_end(TIMEOUT).await;
}
