//! What cannot be read is kept with its reason, and holds nobody up.

use serde_json::json;
use testkit::{Ledger, Raw, SOON, Shop, eventually};

use super::{all_read, sell};

fn poisons() -> Vec<Vec<u8>> {
    let order = |field: &str, value: serde_json::Value| {
        let mut order = json!({
            "id": "aaaaaaaaaaaaaaaaaaaaaaaa", "client_email": "a@b.c", "cost": 1, "status": "PENDING",
            "products": [{ "id": "10fefe4a1cad4140785928a4", "name": "cutlery", "price": 5.99, "quantity": 1 }],
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
        order(
            "products",
            json!([{ "id": "10fefe4a1cad4140785928a4", "name": "cutlery", "price": 5.99, "quantity": -1 }]),
        ),
        order("cost", json!("free")),
        vec![b'x'; 900_000],
        "[".repeat(10_000).into_bytes(),
    ]
}

#[tokio::test]
async fn given_poison_on_every_topic_when_read_then_it_is_kept_with_the_reason_and_others_are_decided()
 {
    let shop = Shop::start().await;
    let mut poison = 0;
    for topic in ["orders", "products", "order-status"] {
        let raw: Vec<_> = poisons()
            .into_iter()
            .map(|payload| Raw {
                payload,
                ..Raw::default()
            })
            .collect();
        poison += raw.len();
        shop.produce(topic, &raw).await;
    }
    let ids = sell(&shop, "cutlery", 3).await;
    let dead = eventually("the poison is among the dead letters", SOON, async || {
        let dead = shop.messages("dead-letters").await;
        if dead.len() >= poison {
            Ok(dead)
        } else {
            Err(format!("{} of {poison}", dead.len()))
        }
    })
    .await;
    for letter in &dead {
        let header = |name| {
            letter
                .header(name)
                .unwrap_or_else(|| panic!("no {name}: {:?}", letter.headers))
        };
        assert!(!header("dlq-reason").is_empty());
        assert!(
            header("dlq-topic").starts_with(&shop.topic("")),
            "{:?}",
            letter.headers
        );
    }
    let mut sent = poisons();
    sent.sort();
    let mut kept: Vec<_> = dead
        .iter()
        .filter(|letter| letter.header("dlq-topic") == Some(shop.topic("orders").as_str()))
        .map(|letter| letter.payload.clone())
        .collect();
    kept.sort();
    assert!(
        kept == sent,
        "the dead letters are the messages as they came"
    );
    shop.judge(&Ledger::of(ids).with_poison(poison)).await;
}

/// What the operator's tool prints.
fn dead_letters(shop: &Shop, command: &str) -> String {
    let test = std::env::current_exe().expect("this program has a path");
    let programs = test.parent().and_then(std::path::Path::parent);
    let tool = programs.expect("target/debug").join("dead-letters");
    let output = std::process::Command::new(tool)
        .arg(command)
        .args(["--brokers", &shop.stores().kafka_brokers])
        .args(["--prefix", shop.topic("").trim_end_matches('.')])
        .output()
        .expect("the tool is built with the services");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

#[tokio::test]
async fn given_a_dead_letter_when_an_operator_lists_and_replays_it_then_it_is_shown_and_returns_once()
 {
    let shop = Shop::start().await;
    let ids = sell(&shop, "cutlery", 1).await;
    assert_eq!(dead_letters(&shop, "list"), "There are no dead letters.\n");
    let stray = shop.messages("order-status").await[0].again();
    shop.produce("orders", &[stray]).await;
    let buried = async |count: usize| {
        eventually("it is among the dead letters", SOON, async || {
            let dead = shop.messages("dead-letters").await.len();
            if dead == count {
                Ok(())
            } else {
                Err(format!("{dead} of {count}"))
            }
        })
        .await;
    };
    buried(1).await;
    let listed = dead_letters(&shop, "list");
    for part in [
        shop.topic("orders").as_str(),
        "OrderStatusUpdate does not belong on this topic",
        &ids[0],
        "1 waiting.",
    ] {
        assert!(listed.contains(part), "no {part:?} in {listed}");
    }
    let replayed = dead_letters(&shop, "replay");
    assert!(
        replayed.ends_with("1 returned to their topics.\n"),
        "{replayed}"
    );
    // It does not belong there now either, so it comes back: as the only one that waits.
    buried(2).await;
    let listed = dead_letters(&shop, "list");
    assert!(listed.ends_with("1 waiting.\n"), "{listed}");
    shop.judge(&Ledger::of(ids).with_poison(2)).await;
}

#[tokio::test]
async fn given_an_event_of_another_topic_when_read_then_it_is_a_dead_letter_and_has_no_effect() {
    let shop = Shop::start().await;
    let ids = sell(&shop, "cutlery", 1).await;
    let order = shop.messages("orders").await[0].again();
    shop.produce("order-status", &[order]).await;
    shop.judge(&Ledger::of(ids).with_poison(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn given_poison_beside_an_order_when_the_database_is_away_then_it_is_kept_once() {
    let shop = Shop::builder()
        .own_stores()
        .env("products", "MONGODB_TIMEOUT", "500ms")
        .start()
        .await;
    let ids = sell(&shop, "cutlery", 1).await;
    let order = shop.messages("orders").await[0].again();
    let poison = Raw {
        key: order.key.clone(),
        payload: b"{".to_vec(),
        ..Raw::default()
    };
    // The first may be fetched alone; those behind it are there when products goes on.
    shop.pause("products");
    shop.produce("orders", &[poison.clone(), poison, order])
        .await;
    shop.stores().kill_mongod().await;
    shop.resume("products");
    eventually("the batch is tried more than once", SOON, async || {
        let logged = shop.logged("products");
        let tries = logged.matches("cannot handle a batch yet").count();
        if tries >= 3 {
            Ok(())
        } else {
            Err(format!("{tries} tries"))
        }
    })
    .await;
    shop.stores().restart_mongod().await;
    all_read(&shop).await;
    shop.judge(&Ledger::of(ids).with_poison(2)).await;
}
