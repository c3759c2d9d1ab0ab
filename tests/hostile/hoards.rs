//! Somebody who takes more than one person needs.

use std::time::Duration;

use bson::{Decimal128, Document, doc, oid::ObjectId};
use futures::future::join_all;
use testkit::{SOON, Shop, eventually};

const STREAM: &str = "/api/orders/events";
/// As many streams as orders lets one buyer have.
const STREAMS: usize = 16;

#[tokio::test]
async fn given_a_buyer_with_all_streams_one_may_have_when_another_is_opened_then_429_to_that_buyer()
{
    let shop = Shop::start().await;
    let (buyer, other) = (shop.user().await, shop.login("bbb@bbb.com").await);
    let mut streams = Vec::new();
    for _ in 0..STREAMS {
        streams.push(buyer.stream(STREAM, None).await);
    }
    let refused = buyer.get(STREAM).await;
    refused.problem(429);
    assert!(refused.header("retry-after").is_some(), "{refused}");
    drop(other.stream(STREAM, None).await);
    drop(streams);
    eventually(
        "streams that are closed no longer count",
        SOON,
        async || {
            // A stream does not end, so whether it is open is told by another that is refused or not.
            match tokio::time::timeout(Duration::from_millis(300), buyer.get(STREAM)).await {
                Err(_) => Ok(()),
                Ok(answer) => Err(answer.to_string()),
            }
        },
    )
    .await;
}

/// What one reads of a list of any length is only ever a piece of it.
#[tokio::test]
async fn given_thousands_of_orders_when_all_are_read_at_once_then_little_memory_is_needed() {
    const ORDERS: u32 = 1_500;
    const READERS: usize = 6;
    let shop = Shop::start().await;
    let collection = shop.store("orders").collection::<Document>("orders");
    for begin in (0..ORDERS).step_by(500) {
        let orders: Vec<_> = (begin..begin + 500).map(large_order).collect();
        collection.insert_many(orders).await.expect("they are kept");
    }
    let buyer = shop.minted("hoarder@test.example", "user");
    let before = shop.peak_memory("orders");
    let lists =
        join_all((0..READERS).map(async |_| buyer.get("/api/orders").await.expect(200))).await;
    let more = shop.peak_memory("orders") - before;
    let size: usize = lists.iter().map(|list| list.body.len()).sum();
    assert!(more < 60, "{more} MiB more for {size} bytes");
    let all: Vec<f64> = (1..=ORDERS).map(f64::from).collect();
    for list in lists {
        let list = list.json();
        let orders = list["orders"].as_array().expect("a list").iter();
        let costs: Vec<_> = orders.filter_map(|order| order["cost"].as_f64()).collect();
        assert_eq!(costs, all);
    }
}

/// An order of a hundred lines; the cost tells which.
fn large_order(number: u32) -> Document {
    let price = |text: String| text.parse::<Decimal128>().expect("a number");
    let line = doc! {
        "id": ObjectId::from_bytes([1; 12]), "name": "a name of middling length",
        "price": price("0.01".to_owned()), "quantity": 1_i64,
    };
    doc! {
        "client_email": "hoarder@test.example", "status": "ACCEPTED",
        "cost": price(format!("{}.00", number + 1)), "products": vec![line; 100],
        "created_at": bson::DateTime::from_millis(1_700_000_000_000 + i64::from(number)),
    }
}
