//! Poison messages become dead letters and delay no other message.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Expectations, RawMessage, Shop, eventually};

use super::{events_tool, run_events, sell, wait_for_consumers, wait_for_messages};

fn poison_payloads() -> Vec<Vec<u8>> {
    let line = json!({ "id": "10fefe4a1cad4140785928a4", "name": "cutlery", "price": 5.99, "quantity": 1 });
    let mut negative = line.clone();
    negative["quantity"] = json!(-1);
    let order = |field: &str, value: Value| {
        let mut order = json!({
            "id": "aaaaaaaaaaaaaaaaaaaaaaaa", "client_email": "a@b.c", "cost": 1, "status": "PENDING",
            "products": [line],
        });
        order[field] = value;
        json!({ "type": "OrderCreate", "order": order })
            .to_string()
            .into_bytes()
    };
    vec![
        Vec::new(),
        b"{".to_vec(),
        b"\xff\xfe\x00".to_vec(),
        b"[]".to_vec(),
        br#"{"type":"Unknown"}"#.to_vec(),
        br#"{"type":"OrderCreate"}"#.to_vec(),
        order("id", json!("zz")),
        order("products", json!([])),
        order("products", json!([negative])),
        order("cost", json!("free")),
        vec![b'x'; 900_000],
        "[".repeat(10_000).into_bytes(),
    ]
}

#[tokio::test]
async fn given_poison_messages_on_all_topics_when_consumed_then_they_are_dead_letters_and_orders_are_decided()
 {
    let shop = Shop::start().await;
    let mut poison = 0;
    for topic in ["orders", "products", "order-status"] {
        let messages: Vec<_> = poison_payloads().into_iter().map(RawMessage::new).collect();
        poison += messages.len();
        shop.produce(topic, &messages).await;
    }
    let ids = sell(&shop, "cutlery", 3).await;
    let dead_letters = wait_for_messages(&shop, "dead-letters", poison).await;
    for letter in &dead_letters {
        let header = |name| letter.header(name).unwrap_or_default();
        assert!(!header("dlq-reason").is_empty(), "{:?}", letter.headers);
        assert!(
            header("dlq-topic").starts_with(&shop.topic("")),
            "{:?}",
            letter.headers
        );
    }
    let mut sent = poison_payloads();
    sent.sort();
    let mut kept: Vec<_> = dead_letters
        .iter()
        .filter(|letter| letter.header("dlq-topic") == Some(shop.topic("orders").as_str()))
        .map(|letter| letter.payload.clone())
        .collect();
    kept.sort();
    assert!(kept == sent, "the payloads of the dead letters are changed");
    shop.check_invariants(&Expectations::new(ids).with_poison(poison))
        .await;
}

fn run_dead_letters(shop: &Shop, command: &str) -> String {
    run_events(shop, &dead_letters(command))
}

fn dead_letters(command: &str) -> Vec<&str> {
    std::iter::once("dead-letters")
        .chain(command.split(' '))
        .collect()
}

#[tokio::test]
async fn given_dead_letters_with_addresses_when_listed_and_purged_then_they_are_masked_and_deleted()
{
    let shop = Shop::start().await;
    let letter = |number: usize| {
        let event =
            json!({ "type": "OrderCancel", "number": number, "client_email": "ada.l@aaa.com" });
        RawMessage::new(event.to_string())
    };
    for number in 0..3 {
        shop.produce("orders", &[letter(number)]).await;
        wait_for_messages(&shop, "dead-letters", number + 1).await;
    }
    let listed = run_dead_letters(&shop, "list");
    assert!(listed.contains("a***@aaa.com"), "{listed}");
    assert!(listed.contains("unknown kind"), "{listed}");
    assert!(!listed.contains("ada.l"), "{listed}");
    let listed = run_dead_letters(&shop, "list --show-addresses");
    assert!(listed.contains("ada.l@aaa.com"), "{listed}");

    let unconfirmed = events_tool(&shop, &dead_letters("purge --up-to 1"));
    assert!(!unconfirmed.status.success(), "{unconfirmed:?}");
    assert_eq!(shop.messages("dead-letters").await.len(), 3);
    let purged = run_dead_letters(&shop, "purge --up-to 1 --yes");
    assert!(
        purged.contains("2 dead letters, numbers 0 to 1, of which 2"),
        "{purged}"
    );
    let left = shop.messages("dead-letters").await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].json()["number"], 2);
    let kept = run_dead_letters(&shop, "purge --older-than 1h --yes");
    assert!(kept.contains("no such dead letters"), "{kept}");
    run_dead_letters(&shop, "purge --older-than 0s --yes");
    assert!(shop.messages("dead-letters").await.is_empty());
}

#[tokio::test]
async fn given_a_dead_letter_when_an_operator_lists_and_replays_it_then_it_is_listed_and_replayed_once()
 {
    let shop = Shop::start().await;
    let ids = sell(&shop, "cutlery", 1).await;
    assert_eq!(
        run_dead_letters(&shop, "list"),
        "There are no dead letters.\n"
    );
    let misplaced = shop.messages("order-status").await[0].to_raw();
    shop.produce("orders", &[misplaced]).await;
    wait_for_messages(&shop, "dead-letters", 1).await;
    let listed = run_dead_letters(&shop, "list");
    for part in [
        shop.topic("orders").as_str(),
        "OrderStatusUpdate is not an event of this topic",
        &ids[0],
        "1 not replayed.",
    ] {
        assert!(listed.contains(part), "no {part:?} in {listed}");
    }
    let replayed = run_dead_letters(&shop, "replay");
    assert!(replayed.ends_with("1 replayed.\n"), "{replayed}");
    // It is rejected again, so it returns as the only dead letter that is not replayed.
    let returned = wait_for_messages(&shop, "dead-letters", 2).await;
    assert_eq!(returned.len(), 2);
    let listed = run_dead_letters(&shop, "list");
    assert!(listed.ends_with("1 not replayed.\n"), "{listed}");
    shop.check_invariants(&Expectations::new(ids).with_poison(2))
        .await;
}

#[tokio::test]
async fn given_an_event_on_the_wrong_topic_when_consumed_then_it_is_a_dead_letter_without_effect() {
    let shop = Shop::start().await;
    let ids = sell(&shop, "cutlery", 1).await;
    let order = shop.messages("orders").await[0].to_raw();
    shop.produce("order-status", &[order]).await;
    shop.check_invariants(&Expectations::new(ids).with_poison(1))
        .await;
}

#[tokio::test]
async fn given_dead_letters_that_cannot_be_written_when_orders_arrive_then_they_are_decided_and_the_letters_follow()
 {
    let shop = Shop::start().await;
    // Each consumer creates the missing topics when it starts.
    shop.wait_for_members().await;
    shop.delete_topic("dead-letters").await;
    // Not even the head of a message fits.
    shop.create_topic("dead-letters", ("max.message.bytes", "100"))
        .await;
    let poison: Vec<RawMessage> = (0..24).map(poison_with_key).collect();
    shop.produce("orders", &poison).await;
    let ids = sell(&shop, "cutlery", 3).await;
    shop.delete_topic("dead-letters").await;
    wait_for_messages(&shop, "dead-letters", poison.len()).await;
    shop.check_invariants(&Expectations::new(ids).with_poison(poison.len()))
        .await;
}

/// Different keys reach every partition.
fn poison_with_key(key: usize) -> RawMessage {
    RawMessage {
        key: key.to_string(),
        ..RawMessage::new(b"{")
    }
}

#[tokio::test]
async fn given_a_message_that_is_large_only_when_decompressed_when_consumed_then_its_head_is_a_dead_letter()
 {
    const LENGTH: usize = 3_000_000;
    let shop = Shop::start().await;
    shop.produce("orders", &[RawMessage::new(vec![b'x'; LENGTH])])
        .await;
    let ids = sell(&shop, "cutlery", 1).await;
    let letters = wait_for_messages(&shop, "dead-letters", 1).await;
    let header = |name| letters[0].header(name).unwrap_or_default().to_owned();
    assert_eq!(header("dlq-length"), LENGTH.to_string());
    assert_eq!(header("dlq-topic"), shop.topic("orders"));
    assert!(header("dlq-offset").parse::<i64>().is_ok());
    let head = &letters[0].payload;
    assert!(
        (1000..100_000).contains(&head.len()),
        "{} bytes",
        head.len()
    );
    let replayed = run_dead_letters(&shop, "replay");
    assert!(replayed.contains("only the head"), "{replayed}");
    assert!(replayed.ends_with("0 replayed.\n"), "{replayed}");
    shop.check_invariants(&Expectations::new(ids).with_poison(1))
        .await;
}

#[tokio::test]
async fn given_many_rejections_with_the_longest_reasons_when_read_at_once_then_the_next_order_is_decided()
 {
    let shop = Shop::start().await;
    let names: Vec<String> = (0..100)
        .map(|number| format!("{number:02}{}", "𝒳".repeat(98)))
        .collect();
    let rejection = |number: usize| {
        let event = json!({
            "type": "OrderStatusUpdate", "order_id": format!("{number:024x}"), "status": "REJECTED",
            "reason": { "code": "insufficient_stock", "products": names },
        });
        RawMessage::new(event.to_string())
    };
    let rejections: Vec<RawMessage> = (0..500).map(rejection).collect();
    // So that orders receives them together.
    shop.pause("orders");
    shop.produce("order-status", &rejections).await;
    shop.resume("orders");
    let buyer = shop.user().await;
    let id = shop.place_order(&buyer, "cutlery", 1).await;
    // Many megabytes are before its decision.
    shop.wait_all_decided(Duration::from_mins(1)).await;
    shop.check_invariants(&Expectations::new(vec![id])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn given_a_poison_message_beside_an_order_when_mongodb_is_down_then_it_is_one_dead_letter() {
    let shop = Shop::builder()
        .dedicated_servers()
        .env("products", "MONGODB_TIMEOUT", "500ms")
        .start()
        .await;
    let ids = sell(&shop, "cutlery", 1).await;
    let order = shop.messages("orders").await[0].to_raw();
    let poison = RawMessage {
        key: order.key.clone(),
        ..RawMessage::new(b"{")
    };
    // The first may be fetched alone. Those behind it are ready when products resumes.
    shop.pause("products");
    shop.produce("orders", &[poison.clone(), poison, order])
        .await;
    shop.servers().kill_mongod().await;
    shop.resume("products");
    eventually("the batch is retried", async || {
        let log = shop.log("products");
        match log.matches("cannot handle a batch of events").count() {
            attempts if attempts >= 3 => Ok(()),
            attempts => Err(format!("{attempts} attempts")),
        }
    })
    .await;
    shop.servers().restart_mongod().await;
    wait_for_consumers(&shop).await;
    shop.check_invariants(&Expectations::new(ids).with_poison(2))
        .await;
}
