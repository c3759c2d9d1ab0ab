use domain::OrderId;
use events::OrderStatus;
use jiff::Timestamp;

use super::*;

const PATIENCE: Duration = Duration::from_secs(5);

fn position(number: u16) -> Position {
    Position::from_token_data(&format!("{number:04x}")).expect("hex")
}

fn email(name: &str) -> Email {
    Email::parse(&format!("{name}@example.com")).expect("an address")
}

fn change(number: u16, buyer: &str) -> StatusChange {
    StatusChange {
        position: position(number),
        id: OrderId::from_bytes([1; 12]),
        buyer: email(buyer),
        status: OrderStatus::Accepted,
        reason: None,
        at: Timestamp::UNIX_EPOCH,
    }
}

fn received(subscription: &mut Subscription) -> Vec<Position> {
    let items = std::iter::from_fn(|| subscription.items.try_recv().ok());
    let place = |item| match item {
        Item::Change(position, _) | Item::Reset(position) => position,
    };
    items.map(place).collect()
}

#[tokio::test]
async fn given_subscribers_when_orders_change_then_each_hears_of_its_own_from_its_start_on() {
    let hub = Hub::default();
    hub.advance(position(1));
    let mut early = hub.subscribe(email("ada"), PATIENCE).await.expect("live");
    hub.hand_out(&change(2, "ada"));
    hub.hand_out(&change(3, "bob"));
    let mut late = hub.subscribe(email("ada"), PATIENCE).await.expect("live");
    hub.hand_out(&change(4, "ada"));
    assert_eq!(
        (early.start.clone(), received(&mut early)),
        (position(1), vec![position(2), position(4)])
    );
    assert_eq!(
        (late.start.clone(), received(&mut late)),
        (position(3), vec![position(4)])
    );
}

#[tokio::test]
async fn given_a_subscriber_that_does_not_read_when_too_much_waits_then_it_is_cut_off() {
    let hub = Hub::default();
    hub.advance(position(0));
    let mut subscription = hub.subscribe(email("ada"), PATIENCE).await.expect("live");
    let count = u16::try_from(MOST_WAITING).expect("small") + 1;
    for number in 1..=count {
        hub.hand_out(&change(number, "ada"));
    }
    assert_eq!(received(&mut subscription).len(), MOST_WAITING);
    assert!(subscription.items.is_closed());
}

#[tokio::test]
async fn given_a_subscriber_when_it_goes_then_the_hub_forgets_it() {
    let hub = Hub::default();
    hub.advance(position(1));
    let first = hub.subscribe(email("ada"), PATIENCE).await.expect("live");
    let second = hub.subscribe(email("ada"), PATIENCE).await.expect("live");
    drop(first);
    assert_eq!(hub.lock().by_buyer.values().map(Vec::len).sum::<usize>(), 1);
    drop(second);
    assert!(hub.lock().by_buyer.is_empty());
}

#[tokio::test]
async fn given_nobody_who_listens_when_the_hub_sleeps_then_the_next_subscriber_wakes_it() {
    let hub = Hub::default();
    hub.advance(position(1));
    let subscription = hub.subscribe(email("ada"), PATIENCE).await.expect("live");
    assert!(!hub.fall_asleep(), "somebody listens");
    drop(subscription);
    assert!(hub.fall_asleep());
    let (subscription, ()) = tokio::join!(hub.subscribe(email("ada"), PATIENCE), async {
        hub.wanted.notified().await;
        hub.advance(position(9));
    });
    assert_eq!(subscription.expect("live").start, position(9));
}

#[tokio::test(start_paused = true)]
async fn given_a_history_that_cannot_be_read_when_somebody_subscribes_then_it_is_said() {
    let refused = Hub::default().subscribe(email("ada"), PATIENCE).await.err();
    assert_eq!(refused, Some(NotFollowed::Unavailable));
}

#[tokio::test]
async fn given_a_buyer_who_follows_everywhere_when_once_more_then_it_is_refused_to_that_buyer_only()
{
    let hub = Hub::default();
    hub.advance(position(1));
    let subscribe = async |name| hub.subscribe(email(name), PATIENCE).await;
    let mut open = Vec::new();
    for _ in 0..MOST_OF_A_BUYER {
        open.push(subscribe("ada").await.expect("one of the first"));
    }
    assert_eq!(subscribe("ada").await.err(), Some(NotFollowed::TooMany));
    assert!(subscribe("bob").await.is_ok(), "somebody else");
    open.pop();
    assert!(subscribe("ada").await.is_ok(), "one was closed");
}
