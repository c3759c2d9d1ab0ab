//! Events that arrive twice, late, in the wrong order, or cannot be parsed.

mod duplicates;
mod outages;
mod poison;
mod replicas;

use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use testkit::{Shop, built_program, eventually_within};

const CONSUMER_TIMEOUT: Duration = Duration::from_secs(30);

/// Places orders of one unit each, waits until all are decided, and returns their ids.
async fn sell(shop: &Shop, name: &str, count: usize) -> Vec<String> {
    let buyer = shop.user().await;
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(shop.place_order(&buyer, name, 1).await);
    }
    for id in &ids {
        shop.wait_decided(&buyer, id).await;
    }
    ids
}

/// Runs the operator's tool for events; returns what it prints.
fn run_events(shop: &Shop, arguments: &[&str]) -> String {
    let output = events_tool(shop, arguments);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// Runs the operator's tool, which may fail.
fn events_tool(shop: &Shop, arguments: &[&str]) -> Output {
    Command::new(built_program("events"))
        .args(arguments)
        .args(["--brokers", &shop.servers().kafka_brokers])
        .args(["--prefix", shop.topic_prefix()])
        .stdin(Stdio::null())
        .output()
        .expect("the tool starts")
}

/// Waits until both consumers have processed all messages.
async fn wait_for_consumers(shop: &Shop) {
    for service in ["products", "orders"] {
        eventually_within(
            CONSUMER_TIMEOUT,
            "all messages are processed",
            async || match shop.lag(service).await {
                0 => Ok(()),
                lag => Err(format!("{service} lags {lag} messages behind")),
            },
        )
        .await;
    }
}

/// Waits until a topic has at least `count` messages.
async fn wait_for_messages(shop: &Shop, topic: &str, count: usize) -> Vec<testkit::Record> {
    testkit::eventually(&format!("{topic} has {count} messages"), async || {
        let messages = shop.messages(topic).await;
        if messages.len() < count {
            return Err(format!("{} of {count}", messages.len()));
        }
        Ok(messages)
    })
    .await
}

/// The user's orders and all products.
async fn state(shop: &Shop) -> (Value, Value) {
    let orders = shop.user().await.get("/api/orders").await.expect(200);
    let products = shop.anonymous().get("/api/products").await.expect(200);
    (orders.json(), products.json())
}
