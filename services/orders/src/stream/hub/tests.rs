use domain::OrderId;
use futures::FutureExt as _;
use jiff::Timestamp;

use super::*;
use crate::order::Outcome;
use crate::stream::changes::StatusChange;

fn position(number: u16) -> ClusterTime {
    ClusterTime::new(0, number.into())
}

fn email(name: &str) -> Email {
    Email::parse(&format!("{name}@example.com")).expect("an address")
}

fn hub_at(number: u16) -> Hub {
    let hub = Hub::default();
    hub.advance(position(number));
    hub
}

async fn subscribe(hub: &Hub, name: &str) -> Result<Subscription, SubscribeError> {
    hub.subscribe(email(name), Duration::from_secs(5)).await
}

fn change(number: u16, buyer: &str) -> LiveChange {
    LiveChange {
        committed: position(number),
        buyer: email(buyer),
        change: StatusChange {
            id: OrderId::from_bytes([1; 12]),
            outcome: Outcome::Accepted,
            at: Timestamp::UNIX_EPOCH,
        },
    }
}

/// The ids of the messages that have arrived.
fn received(subscription: &mut Subscription) -> Vec<String> {
    let items = std::iter::from_fn(|| subscription.items.try_recv().ok());
    let id = |item| match item {
        HubItem::Change(message) => {
            let message = String::from_utf8_lossy(&message).into_owned();
            let id = message.lines().find_map(|line| line.strip_prefix("id: "));
            id.expect("an id").to_owned()
        }
        HubItem::Reset(position) => EventId::complete(position).to_string(),
    };
    items.map(id).collect()
}

fn ids(numbers: &[u16]) -> Vec<String> {
    let id = |number: &u16| EventId::complete(position(*number)).to_string();
    numbers.iter().map(id).collect()
}

#[tokio::test]
async fn given_subscribers_when_orders_change_then_each_receives_its_own_changes_after_its_start() {
    let hub = hub_at(1);
    let mut early = subscribe(&hub, "ada").await.unwrap();
    hub.deliver(&change(2, "ada"));
    hub.deliver(&change(3, "bob"));
    let mut late = subscribe(&hub, "ada").await.unwrap();
    hub.deliver(&change(4, "ada"));
    assert_eq!(
        (early.start, received(&mut early)),
        (position(1), ids(&[2, 4]))
    );
    assert_eq!((late.start, received(&mut late)), (position(3), ids(&[4])));
}

#[tokio::test]
async fn given_a_subscriber_that_does_not_read_when_its_buffer_is_full_then_it_is_disconnected() {
    let hub = hub_at(0);
    let mut subscription = subscribe(&hub, "ada").await.unwrap();
    let count = u16::try_from(MAX_BUFFERED).expect("small") + 1;
    for number in 1..=count {
        hub.deliver(&change(number, "ada"));
    }
    assert_eq!(received(&mut subscription).len(), MAX_BUFFERED);
    assert!(subscription.items.is_closed());
}

#[tokio::test]
async fn given_a_subscriber_when_it_disconnects_then_the_hub_removes_it() {
    let hub = hub_at(1);
    let first = subscribe(&hub, "ada").await.unwrap();
    let second = subscribe(&hub, "ada").await.unwrap();
    drop(first);
    assert_eq!(hub.lock().count(), 1);
    drop(second);
    assert!(hub.lock().is_empty());
}

#[tokio::test]
async fn given_a_paused_hub_when_a_client_subscribes_then_the_hub_resumes() {
    let hub = hub_at(1);
    let subscription = subscribe(&hub, "ada").await.unwrap();
    assert!(!hub.pause(), "there is a subscriber");
    drop(subscription);
    assert!(hub.pause());
    let (subscription, ()) = tokio::join!(subscribe(&hub, "ada"), async {
        hub.resumed.notified().await;
        hub.advance(position(9));
    });
    assert_eq!(subscription.expect("a subscription").start, position(9));
}

#[tokio::test(start_paused = true)]
async fn given_a_history_that_cannot_be_read_when_a_client_subscribes_then_it_is_unavailable() {
    let refused = subscribe(&Hub::default(), "ada").await.err();
    assert_eq!(refused, Some(SubscribeError::Unavailable));
}

#[tokio::test]
async fn given_a_buyer_with_the_most_streams_when_subscribing_again_then_only_that_buyer_is_refused()
 {
    let hub = hub_at(1);
    let mut open = Vec::new();
    for _ in 0..MAX_STREAMS_PER_BUYER {
        open.push(subscribe(&hub, "ada").await.expect("below the limit"));
    }
    assert_eq!(
        subscribe(&hub, "ada").await.err(),
        Some(SubscribeError::TooMany)
    );
    assert!(subscribe(&hub, "bob").await.is_ok(), "another buyer");
    open.pop();
    assert!(
        subscribe(&hub, "ada").await.is_ok(),
        "one stream was closed"
    );
}

#[tokio::test(start_paused = true)]
async fn given_a_hub_behind_its_subscriber_when_it_has_caught_up_then_the_subscription_starts_there()
 {
    let hub = hub_at(1);
    let mut subscription = subscribe(&hub, "ada").await.unwrap();
    let timeout = Duration::from_secs(3);
    assert!(!subscription.restart_at(position(3), timeout).await);
    hub.deliver(&change(2, "ada"));
    hub.deliver(&change(3, "ada"));
    assert!(subscription.restart_at(position(3), timeout).await);
    assert_eq!(subscription.caught_up(), Some(position(3)));
    hub.deliver(&change(4, "ada"));
    assert_eq!(subscription.caught_up(), None, "a change waits");
    assert_eq!(
        (subscription.start, received(&mut subscription)),
        (position(3), ids(&[4]))
    );
    assert_eq!(subscription.caught_up(), Some(position(4)));
}

#[tokio::test]
async fn given_a_buyer_who_reconnects_when_the_last_read_still_runs_then_there_is_no_second_turn() {
    let hub = hub_at(1);
    let take = async |name| {
        let subscription = subscribe(&hub, name).await.unwrap();
        subscription.turns().take(&email(name)).now_or_never()
    };
    let turn = take("ada").await;
    assert!(turn.is_some());
    assert!(take("ada").await.is_none(), "the connection is closed");
    assert!(take("bob").await.is_some(), "another buyer");
    drop(turn);
    assert!(take("ada").await.is_some(), "the read has ended");
}
